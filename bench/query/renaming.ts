/**
 * Makes ids of copies new for the price of one `translate`. In the base, the hex digits of ids stand as control characters, which no
 * other text has; a copy turns them back into digits, each copy by an order of its own. So one expression over every text renames
 * all ids and touches nothing else, the ties between spans, events and tasks stay, and ids compress no better than real ones.
 */
import type { Row } from '@sandglass/schemas/testing/rows'
import { attr } from '@sandglass/schemas/semconv'
import { createRandom } from '../random.ts'

const DIGITS = '0123456789abcdef'
const controls = (codes: readonly number[]): string => String.fromCodePoint(...codes)
const DELETE = 0x7f
const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => from + n)

/** Digits that the copies within a day settle, and those that the copy of the day does. */
const early = controls(range(1, DIGITS.length))
const late = controls([...range(1 + DIGITS.length, DIGITS.length - 1), DELETE])

/** Columns that are ids, or lists of them. */
export const idColumns: readonly string[] = [
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SandboxId',
  'TaskId',
  'ToolCallId',
  'ToolParentCallId',
  'PromptId',
  'Links.TraceId',
  'Links.SpanId',
  'Charges.TaskId',
]
export const mapColumns: readonly string[] = ['SpanAttributesRest', 'LogAttributesRest']

const idAttributes: ReadonlySet<string> = new Set([
  attr.auditHash,
  attr.auditPrevHash,
  attr.auditEpoch,
  attr.promptHash,
  attr.fileSha256After,
  attr.responseId,
  attr.overrideId,
  attr.changeId,
  attr.sandboxName,
  attr.decisionId,
  attr.decisionHash,
  attr.decisionPrevHash,
  attr.enforcementKey,
  attr.commitSha,
  attr.usageTaskIds,
  attr.changeTaskIds,
  attr.overrideScope,
  attr.taskRetryOf,
])

/** Half of a task's digits are settled early: tables are sorted by them, and a copy of a sorted day is sorted. */
const TASK_PREFIX = 'task_'
const TASK_EARLY_DIGITS = 8
const IDS = /task_[0-9a-f]+|[0-9a-f]{8,}|\d+/g

/** A row of the base: as it came, but for the digits of its ids. */
export function hideIds(row: Row): Row {
  const ids = idColumns.flatMap((name) => (name in row ? [[name, hideValue(row[name])]] : []))
  const maps = mapColumns.flatMap((name) => (name in row ? [[name, hideAttributes(row[name])]] : []))
  return { ...row, ...Object.fromEntries([...ids, ...maps]) }
}

function hideValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(IDS, hideId)
  return Array.isArray(value) ? value.map(hideValue) : value
}

const hideAttributes = (map: unknown): unknown =>
  Object.fromEntries(
    Object.entries(map ?? {}).map(([name, value]) => [
      name,
      idAttributes.has(name) ? hideValue(value) : value,
    ]),
  )

function hideId(id: string): string {
  const prefix = id.startsWith(TASK_PREFIX) ? TASK_PREFIX.length : 0
  const turn = prefix > 0 ? prefix + TASK_EARLY_DIGITS : 0
  return (
    id.slice(0, prefix) + replaceDigits(id.slice(prefix, turn), early) + replaceDigits(id.slice(turn), late)
  )
}

const replaceDigits = (text: string, digits: string): string =>
  Array.from(text, (digit) => digits[DIGITS.indexOf(digit)] ?? digit).join('')

/** What a copy settles: the early digits alone, the late ones, or all. */
export type Settles = 'early' | 'late' | 'all'

/** The expression that renames the ids in a text: another one for every number. */
export function rename(text: string, settles: Settles, number: number): string {
  const random = createRandom(number + 1)
  const order = shuffle(DIGITS, random)
  const { from, to } = {
    early: { from: early + late, to: order + shuffle(late, random) },
    late: { from: late, to: order },
    all: { from: early + late, to: order + order },
  }[settles]
  return `translate(${text}, ${literal(from)}, ${literal(to)})`
}

function shuffle(text: string, random: { below(limit: number): number }): string {
  const left = text.split('')
  return Array.from(text, () => left.splice(random.below(left.length), 1)[0] ?? '').join('')
}

const literal = (text: string): string =>
  `'${Array.from(text, (c) => (c < ' ' || c > '~' ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c)).join('')}'`
