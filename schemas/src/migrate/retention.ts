/** How long rows are kept: classes of tables, their days, and the statements that make it so. A legal hold keeps everything. */
import { z } from 'zod'
import { readMigrations } from './files.ts'
import type { Deployment } from './render.ts'
import { withoutComments } from './statements.ts'

/** Days per class; what the migrations set is the default. */
export const retentionSchema = z.strictObject({
  /** Spans, logs and metrics as they came. */
  rawDays: z.int().min(1).max(3650).default(30),
  /** Everything derived that answers who did what. Spend keeps its 25 months, which tax and contracts ask for. */
  auditDays: z.int().min(1).max(3650).default(400),
  /** Nothing expires while it is true. */
  legalHold: z.boolean().default(false),
})

export type Retention = z.infer<typeof retentionSchema>

/** What the migrations keep rows of a class for; a table that keeps them for another time keeps it. */
const classDays = { raw: 30, audit: 400 } as const

/** 50 years. A DateTime ends in 2106, and a sum past its end begins again in 1970: a hundred years would delete all at once. */
const HOLD_DAYS = 18_250

/** Rows of the moment: a hold has no use for them. */
const exempt: ReadonlySet<string> = new Set(['watermarks'])

interface ExpiringTable {
  readonly table: string
  /** Time of a row. */
  readonly time: string
  readonly count: number
  readonly unit: 'DAY' | 'MONTH'
}

/**
 * ALTER statements, one per table that expires; they may run again. Parts remember when they expire, so each waits until the parts
 * that exist know the new time: a hold that only new parts know would lose the old ones. Only that memory is rewritten, never the
 * rows.
 */
export async function renderRetention(
  retention: Retention,
  deployment: Deployment,
): Promise<readonly string[]> {
  return (await readExpiringTables()).map(
    (expiring) =>
      `ALTER TABLE ${placeOf(expiring.table, deployment)} MODIFY TTL ${expiring.time} + ${intervalOf(expiring, retention)} ` +
      'SETTINGS mutations_sync = 2',
  )
}

function intervalOf({ count, unit }: ExpiringTable, { rawDays, auditDays, legalHold }: Retention): string {
  if (legalHold) return `toIntervalDay(${HOLD_DAYS})`
  if (unit === 'DAY' && count === classDays.raw) return `toIntervalDay(${rawDays})`
  if (unit === 'DAY' && count === classDays.audit) return `toIntervalDay(${auditDays})`
  return `${unit === 'DAY' ? 'toIntervalDay' : 'toIntervalMonth'}(${count})`
}

/** From the migrations themselves: a table that is added with a TTL is held by a hold. */
async function readExpiringTables(): Promise<readonly ExpiringTable[]> {
  const statements = (await readMigrations()).flatMap(({ statements }) => statements.map(withoutComments))
  return statements.flatMap((statement) => {
    const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1]
    const [, time, count, unit] = /^TTL (.+) \+ INTERVAL (\d+) (DAY|MONTH)$/m.exec(statement) ?? []
    if (table === undefined || time === undefined || exempt.has(table)) return []
    return [{ table, time, count: Number(count), unit: unit === 'DAY' ? 'DAY' : 'MONTH' }]
  })
}

const placeOf = (table: string, deployment: Deployment): string =>
  deployment.kind === 'single'
    ? table
    : `${deployment.localDatabase}.${table} ON CLUSTER '${deployment.cluster}'`
