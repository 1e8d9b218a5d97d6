/**
 * Makes much history of little: each copy of the stored base has ids and times of its own, and the same people, classes and
 * commands. Done by the engine, because a process cannot make a hundred million rows in reasonable time.
 */
import { attr, event } from '@sandglass/schemas/semconv'
import { collectorTables, type CollectorTable } from '@sandglass/schemas/tables'
import { idColumns, mapColumns, rename, type Settles } from './renaming.ts'

export interface Copy {
  readonly table: CollectorTable
  readonly from: string
  readonly to: string
  /** Partitions of the table copied from; none: all. */
  readonly partitionIds?: readonly string[]
  /** Copies with the same number and the same `settles` get the same ids. */
  readonly number: number
  readonly settles: Settles
  /** Time between the base and the copy. */
  readonly shiftMs: number
  /** Whether sandboxes move apart, each by up to a minute more, and spans last a little longer or shorter. */
  readonly jitter: boolean
}

const JITTER_MS = 60_000
const JITTER_DURATION_MS = 50

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

/** Attributes that are moments, and the only events that have them. */
const moments = list([
  attr.usageStart,
  attr.usageEnd,
  attr.expiresAt,
  attr.budgetWindowStart,
  attr.budgetWindowEnd,
  attr.watermark,
])
const eventsWithMoments = list([event.usageMeasured, event.policyOverridden, event.budgetDecided])

const moveMoments = (map: string): string => `if(EventName IN (${eventsWithMoments}),
    mapApply((k, v) -> (k, if(k IN (${moments}), toString(toInt64OrZero(v) + shift_ms), v)), ${map}), ${map})`

function expressionOf(column: string, { number, settles, jitter }: Copy): string {
  const source = `base.\`${column}\``
  const renamed = (text: string): string => rename(text, settles, number)
  // Workers' clocks tick in milliseconds, so times are moved and stretched by whole ones.
  const moved = 'base.Timestamp + toIntervalMillisecond(shift_ms)'
  if (column === 'Timestamp') return moved
  // A collector stamps all that it seals together.
  if (column === 'IngestedAt') return `toStartOfSecond(${moved}) + INTERVAL 2 SECOND`
  if (column === 'Duration' && jitter)
    return `${source} + (sipHash64(base.SpanId, ${number}) % ${JITTER_DURATION_MS}) * 1000000`
  if (mapColumns.includes(column)) {
    const map = `mapApply((k, v) -> (k, ${renamed('v')}), ${source})`
    return column === 'LogAttributesRest' ? moveMoments(map) : map
  }
  if (!idColumns.includes(column)) return source
  return column.includes('.') ? `arrayMap(id -> ${renamed('id')}, ${source})` : renamed(source)
}

/** The insert that adds one copy of a table's rows to another table. */
export function copyQuery(copy: Copy): string {
  const { table, from, to, number, jitter, shiftMs, partitionIds } = copy
  const columns = collectorTables[table].map(({ name }) => name)
  const more = jitter ? ` + sipHash64(base.SandboxId, ${number}, 7) % ${JITTER_MS}` : ''
  return `INSERT INTO ${to} (${columns.map((name) => `\`${name}\``).join(', ')})
WITH toInt64(${Math.round(shiftMs)}${more}) AS shift_ms
SELECT ${columns.map((name) => expressionOf(name, copy)).join(',\n  ')}
FROM ${from} AS base${partitionIds === undefined ? '' : ` WHERE _partition_id IN (${list(partitionIds)})`}`
}
