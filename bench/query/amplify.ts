/**
 * Makes much history of little: each copy of the stored base has ids and times of its own, and the same people, classes and
 * commands. Ids are hashed with the number of the copy, so they compress no better than real ones; the ties between spans, events
 * and tasks stay. Done by the engine, because a process cannot make a hundred million rows in reasonable time.
 */
import { attr } from '@sandglass/schemas/semconv'
import { collectorTables, type CollectorTable } from '@sandglass/schemas/tables'

export interface Copies {
  readonly from: number
  readonly count: number
  /** Time between two copies. 0: all of them lie over each other. */
  readonly shiftMs: number
}

/** Digits of text that begin an id and stay. */
const idColumns: Readonly<
  Record<string, { readonly prefix: number; readonly hashes: number; readonly wide: boolean }>
> = {
  TraceId: { prefix: 0, hashes: 1, wide: true },
  SpanId: { prefix: 0, hashes: 1, wide: false },
  ParentSpanId: { prefix: 0, hashes: 1, wide: false },
  SandboxId: { prefix: 0, hashes: 2, wide: true },
  TaskId: { prefix: 'task_'.length, hashes: 1, wide: false },
  ToolCallId: { prefix: 'call_'.length, hashes: 1, wide: false },
  ToolParentCallId: { prefix: 'call_'.length, hashes: 1, wide: false },
  PromptId: { prefix: 'prm_'.length, hashes: 1, wide: false },
}

function newId(value: string, column: string): string {
  const { prefix, hashes, wide } = idColumns[column] ?? { prefix: 0, hashes: 1, wide: false }
  const hash = wide ? 'sipHash128' : 'sipHash64'
  const parts = Array.from({ length: hashes }, (_, n) => `lower(hex(${hash}(${value}, copy, ${n})))`)
  return `if(${value} = '', '', concat(substring(${value}, 1, ${prefix}), ${parts.join(', ')}))`
}

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ')

const shifted = list([
  attr.usageStart,
  attr.usageEnd,
  attr.expiresAt,
  attr.budgetWindowStart,
  attr.budgetWindowEnd,
  attr.watermark,
])
const hashed = list([attr.auditHash, attr.auditPrevHash, attr.promptHash, attr.fileSha256After])
const numbered = list([
  attr.responseId,
  attr.overrideId,
  attr.changeId,
  attr.sandboxName,
  attr.auditEpoch,
  attr.decisionId,
  attr.enforcementKey,
])
const naming = list([attr.usageTaskIds, attr.changeTaskIds, attr.overrideScope])

/** Values of the attribute map that are ids or times of their own. */
const newRest = (map: string): string => `mapApply((k, v) -> (k, multiIf(
    v = '', v,
    k IN (${shifted}), toString(toInt64OrZero(v) + shift_ms),
    k IN (${hashed}), lower(concat(hex(sipHash128(v, copy)), hex(sipHash128(copy, v)))),
    k IN (${numbered}), concat(v, '-', toString(copy)),
    k IN (${naming}), replaceOne(v, base.TaskId, ${newId('base.TaskId', 'TaskId')}),
    k = '${attr.taskRetryOf}', ${newId('v', 'TaskId')},
    v)), base.${map})`

const arrayOf = (column: string, of: string): string =>
  `arrayMap(id -> ${newId('id', of)}, base.\`${column}\`)`

const rewritten: Readonly<Record<string, string>> = {
  // Workers' clocks tick in milliseconds, so times are moved and stretched by whole ones.
  Timestamp: 'base.Timestamp + toIntervalMillisecond(shift_ms)',
  Duration: 'base.Duration + (sipHash64(base.SpanId, copy, 8) % 50) * 1000000',
  // A collector stamps all that it seals together.
  IngestedAt: 'toStartOfSecond(base.Timestamp + toIntervalMillisecond(shift_ms)) + INTERVAL 2 SECOND',
  SpanAttributesRest: newRest('SpanAttributesRest'),
  LogAttributesRest: newRest('LogAttributesRest'),
  'Links.TraceId': arrayOf('Links.TraceId', 'TraceId'),
  'Links.SpanId': arrayOf('Links.SpanId', 'SpanId'),
  'Charges.TaskId': arrayOf('Charges.TaskId', 'TaskId'),
}

const expressionOf = (column: string): string =>
  rewritten[column] ?? (column in idColumns ? newId(`base.${column}`, column) : `base.\`${column}\``)

/** A sandbox moves as a whole, by up to a minute more than its copy; copies that lie over each other do not move at all. */
const shiftOf = (shiftMs: number): string =>
  shiftMs === 0
    ? 'toInt64(0)'
    : `toInt64(copy * ${Math.round(shiftMs)} + sipHash64(base.SandboxId, copy, 7) % 60000)`

/** The insert that adds some copies of `base_<table>` to the table. */
export function amplifyQuery(table: CollectorTable, { from, count, shiftMs }: Copies): string {
  const columns = collectorTables[table].map(({ name }) => name)
  return `INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(', ')})
WITH numbers.number AS copy, ${shiftOf(shiftMs)} AS shift_ms
SELECT ${columns.map(expressionOf).join(',\n  ')}
FROM base_${table} AS base CROSS JOIN (SELECT number FROM numbers(${from}, ${count})) AS numbers`
}
