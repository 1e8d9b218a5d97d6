/**
 * Field names of OTLP/JSON, as numbers for use in `case`. Both spellings of protobuf's JSON mapping are known:
 * lowerCamelCase and the original.
 */
import { Token } from './token.ts'

/** No field of ours: its value is skipped. */
export const UNKNOWN = 0
export const RESOURCE_SPANS = 1
export const RESOURCE_LOGS = 2
export const RESOURCE = 3
export const SCHEMA_URL = 4
export const SCOPE_SPANS = 5
export const SCOPE_LOGS = 6
export const SCOPE = 7
export const SPANS = 8
export const LOG_RECORDS = 9
export const ATTRIBUTES = 10
export const NAME = 11
export const VERSION = 12
export const KEY = 13
export const VALUE = 14
export const VALUES = 15
export const STRING_VALUE = 16
export const BOOL_VALUE = 17
export const INT_VALUE = 18
export const DOUBLE_VALUE = 19
export const ARRAY_VALUE = 20
export const KVLIST_VALUE = 21
export const BYTES_VALUE = 22
export const TRACE_ID = 23
export const SPAN_ID = 24
export const TRACE_STATE = 25
export const PARENT_SPAN_ID = 26
export const KIND = 27
export const START_TIME_UNIX_NANO = 28
export const END_TIME_UNIX_NANO = 29
export const EVENTS = 30
export const LINKS = 31
export const STATUS = 32
export const TIME_UNIX_NANO = 33
export const MESSAGE = 34
export const CODE = 35
export const SEVERITY_NUMBER = 36
export const SEVERITY_TEXT = 37
export const BODY = 38
export const FLAGS = 39
export const OBSERVED_TIME_UNIX_NANO = 40
export const EVENT_NAME = 41

const numbers: Readonly<Record<string, number>> = {
  resourceSpans: RESOURCE_SPANS,
  resourceLogs: RESOURCE_LOGS,
  resource: RESOURCE,
  schemaUrl: SCHEMA_URL,
  scopeSpans: SCOPE_SPANS,
  scopeLogs: SCOPE_LOGS,
  scope: SCOPE,
  spans: SPANS,
  logRecords: LOG_RECORDS,
  attributes: ATTRIBUTES,
  name: NAME,
  version: VERSION,
  key: KEY,
  value: VALUE,
  values: VALUES,
  stringValue: STRING_VALUE,
  boolValue: BOOL_VALUE,
  intValue: INT_VALUE,
  doubleValue: DOUBLE_VALUE,
  arrayValue: ARRAY_VALUE,
  kvlistValue: KVLIST_VALUE,
  bytesValue: BYTES_VALUE,
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  traceState: TRACE_STATE,
  parentSpanId: PARENT_SPAN_ID,
  kind: KIND,
  startTimeUnixNano: START_TIME_UNIX_NANO,
  endTimeUnixNano: END_TIME_UNIX_NANO,
  events: EVENTS,
  links: LINKS,
  status: STATUS,
  timeUnixNano: TIME_UNIX_NANO,
  message: MESSAGE,
  code: CODE,
  severityNumber: SEVERITY_NUMBER,
  severityText: SEVERITY_TEXT,
  body: BODY,
  flags: FLAGS,
  observedTimeUnixNano: OBSERVED_TIME_UNIX_NANO,
  eventName: EVENT_NAME,
  // Counts of what the sender dropped: known to be skipped at once.
  droppedAttributesCount: UNKNOWN,
  droppedEventsCount: UNKNOWN,
  droppedLinksCount: UNKNOWN,
}

/** A name in its quotes, and the others of the same slot. */
export interface KnownName {
  readonly token: Token
  readonly number: number
  readonly next: KnownName | undefined
}

const spellings: ReadonlyMap<string, number> = new Map(
  Object.entries(numbers).flatMap(([name, number]) => [
    [name, number],
    [name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`), number],
  ]),
)
const NAME_BYTES_MAX = Math.max(...[...spellings.keys()].map((name) => name.length))

const SLOT_BITS = 8
const slots: (KnownName | undefined)[] = Array.from({ length: 2 ** SLOT_BITS })

for (const [name, number] of spellings) {
  const quoted = `"${name}"`
  const slot = slotOf(Buffer.from(quoted).readInt32LE(1))
  slots[slot] = { token: new Token(quoted), number, next: slots[slot] }
}

/** The name that stands in quotes at `at`; undefined when it is none of ours, or written with escapes. */
export function knownNameAt(view: DataView, at: number): KnownName | undefined {
  if (at + 5 > view.byteLength) return undefined
  let known = slots[slotOf(view.getInt32(at + 1, true))]
  while (known !== undefined && !known.token.isAt(view, at)) known = known.next
  return known
}

const decoder = new TextDecoder()

/** Number of the field with this name; for names that were not found in place. */
export function fieldNumber(name: Uint8Array): number {
  if (name.length > NAME_BYTES_MAX) return UNKNOWN
  return spellings.get(decoder.decode(name)) ?? UNKNOWN
}

/** By the four bytes behind the quote. */
function slotOf(word: number): number {
  return Math.imul(word, 0x9e37_79b1) >>> (32 - SLOT_BITS)
}
