/** The books of one tenant: read from ClickHouse, written to with events through the collector. */
import type { ClickHouseClient } from '@clickhouse/client'
import { Option, type Command } from 'commander'
import { connectReader, readObjects, type ConnectionFlags } from '../clickhouse.ts'
import { withConnection } from '../commands/connection-options.ts'
import type { CollectorFlags } from '../enforcement.ts'
import { OperationError, UsageError } from '../errors.ts'

export interface LedgerFlags extends ConnectionFlags, CollectorFlags {
  readonly tenant: string
  readonly json?: boolean
}

/** Who changes the books, and what authorises it. */
export interface AuthorityFlags {
  readonly actor?: string
  readonly ticket?: string
  readonly reason?: string
}

export interface Authority {
  readonly actor: string
  readonly ticket: string
  readonly reason: string
}

export const withLedger = (command: Command): Command =>
  withConnection(command)
    .option('--otlp-url <url>', 'another collector than that of the running stack')
    .addOption(
      new Option('--token <token>', 'bearer token of the tenant at the collector').env('SANDGLASS_TOKEN'),
    )
    .option('--tenant <id>', 'whose books', 'default')
    .option('--json', 'print one JSON line')

export const withLedgerAuthority = (command: Command): Command =>
  command
    .option('--actor <id>', 'who does it; needed to write')
    .option('--ticket <id>', 'ticket that authorises it; needed to write')
    .option('--reason <text>', 'why, in words')

/** Throws UsageError that names what is missing: nothing is written to the books anonymously. */
export function requireAuthority(flags: AuthorityFlags, to: string, otherwise: string): Authority {
  const { actor = '', ticket = '', reason = otherwise } = flags
  const missing = [...(actor.trim() === '' ? ['--actor'] : []), ...(ticket.trim() === '' ? ['--ticket'] : [])]
  if (missing.length > 0)
    throw new UsageError(`${to} needs ${missing.join(' and ')}: say who does it and why`)
  return { actor, ticket, reason }
}

export async function withReader<T>(
  flags: ConnectionFlags,
  use: (reader: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const reader = await connectReader(flags)
  try {
    return await use(reader)
  } finally {
    await reader.close()
  }
}

const WATERMARK = `SELECT toUnixTimestamp64Milli(min(watermark)) AS at, count() AS collectors FROM ingest_watermark
WHERE tenant_id IN ({tenant:String}, '*')`

/** Everything acknowledged before this is queryable, Unix time in ms; undefined when no collector ever said so. */
export async function readWatermarkMs(reader: ClickHouseClient, tenant: string): Promise<number | undefined> {
  const [row] = await readObjects<{ at: string; collectors: string }>(reader, WATERMARK, { tenant })
  return row === undefined || Number(row.collectors) === 0 ? undefined : Number(row.at)
}

const POLL_MS = 200

/** Waits until everything acknowledged before `untilMs` is queryable. Throws OperationError when it is not in time. */
export async function waitForWatermark(
  reader: ClickHouseClient,
  tenant: string,
  untilMs: number,
  waitMsMax: number,
): Promise<void> {
  const deadlineMs = Date.now() + waitMsMax
  for (;;) {
    const atMs = await readWatermarkMs(reader, tenant)
    if (atMs === undefined || atMs >= untilMs) return
    if (Date.now() > deadlineMs) {
      throw new OperationError(
        `the collector has stored everything up to ${new Date(atMs).toISOString()} only: what came since would be missed. ` +
          'Try again when it has caught up (sandglass query watermark)',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
