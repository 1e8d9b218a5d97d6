/** A running all-in-one with a way in for events, and the tables of spend as they are stored. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { startAllInOne } from '../end-to-end/all-in-one.ts'
import { runCli, type CliResult } from '../end-to-end/run-cli.ts'

type Attributes = Readonly<Record<string, unknown>>

export interface SentEvent {
  readonly name: string
  readonly timeMs: number
  readonly attributes: Attributes
}

export interface MoneyStack {
  readonly dataDir: string
  readonly client: ClickHouseClient
  readonly readUrl: string
  /** Sends events; resolves when they are acknowledged. */
  send(resource: Attributes, events: readonly SentEvent[]): Promise<void>
  /** Writes a file beside the data and returns its path. */
  write(name: string, content: string): Promise<string>
  rows(query: string): Promise<readonly Record<string, unknown>[]>
  cli(...args: readonly string[]): Promise<CliResult>
  /** As cli, but the one JSON line it printed. Throws with its errors when it failed. */
  json(...args: readonly string[]): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/** `files` are written beside the data first; `options` of sandglass up may name them. */
export async function startMoneyStack(
  files: Readonly<Record<string, string>> = {},
  options: (dataDir: string) => readonly string[] = () => [],
): Promise<MoneyStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandglass-money-'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(dataDir, name), content)
  const stack = await startAllInOne(dataDir, options(dataDir))
  const { writeUrl, username, password } = JSON.parse(
    await readFile(join(dataDir, 'endpoints.json'), 'utf8'),
  ) as { writeUrl: string; username: string; password: string }
  const client = createClient({ url: writeUrl, username, password })
  const cli = (...args: readonly string[]) => runCli(...args, '--data-dir', dataDir)
  return {
    dataDir,
    client,
    readUrl: stack.readUrl,
    cli,
    async send(resource, events) {
      const body = encode(resource, events)
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${stack.otlpUrl}/v1/logs`, { method: 'POST', headers, body })
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
    },
    async write(name, content) {
      await writeFile(join(dataDir, name), content)
      return join(dataDir, name)
    },
    rows: (query) => readAll(client, query),
    async json(...args) {
      const { exitCode, stdout, stderr } = await cli(...args, '--json')
      if (exitCode !== 0) throw new Error(`sandglass ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
    },
    async stop() {
      await client.close()
      await stack.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function encode(resource: Attributes, events: readonly SentEvent[]): string {
  const logRecords = events.map(({ name, timeMs, attributes }) => ({
    timeUnixNano: `${Math.round(timeMs)}000000`,
    eventName: name,
    attributes: encodeAttributes(attributes),
  }))
  return JSON.stringify({
    resourceLogs: [{ resource: { attributes: encodeAttributes(resource) }, scopeLogs: [{ logRecords }] }],
  })
}

const encodeAttributes = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }))

function encodeValue(value: unknown): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(encodeValue) } }
  if (typeof value === 'string') return { stringValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

export async function readAll(
  client: ClickHouseClient,
  query: string,
): Promise<readonly Record<string, unknown>[]> {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_decimals: 1 },
  })
  return result.json<Record<string, unknown>>()
}

const cut =
  'team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry'

/** Every rollup of spend with all its dimensions, without rows that sum to nothing. */
export const spendCuts: Readonly<Record<string, string>> = {
  spend_by_minute: `minute, ${cut}, sku, unit`,
  spend_by_hour: `hour, ${cut}, sku, unit`,
  spend_by_day: `day, ${cut}, sku, unit`,
  spend_by_task: 'week, task_id, sku, unit',
  spend_by_sandbox:
    'hour, sandbox_id, team_id, cost_center, user_id, instance_type, region, environment, model, sku, unit',
  charges: 'sandbox_id, charge_period_start, charge_period_end, task_id, prompt_id, sku, unit',
}

export const cutQuery = (table: string, dimensions: string): string =>
  `SELECT ${dimensions}, sum(quantity) AS q, sum(cost_usd) AS cost FROM ${table} AS s GROUP BY ${dimensions} ORDER BY ${dimensions}`
