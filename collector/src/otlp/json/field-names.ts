/**
 * Field names of OTLP/JSON, as numbers for use in `case`. Both spellings of protobuf's JSON mapping are known:
 * lowerCamelCase and the original.
 */
import type { ByteStream } from '../../transcode/byte-stream.ts'

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
}

interface KnownName {
  readonly bytes: Uint8Array
  readonly number: number
}

const SLOTS = 1024
const slots: (KnownName | undefined)[] = Array.from({ length: SLOTS })

for (const [name, number] of Object.entries(numbers)) {
  const original = name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
  for (const spelling of new Set([name, original])) add({ bytes: new TextEncoder().encode(spelling), number })
}

function add(known: KnownName): void {
  let slot = slotOf(known.bytes, 0, known.bytes.length)
  while (slots[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1)
  slots[slot] = known
}

/** Number of the field whose name is [at, at + length). */
export function fieldNumber(source: ByteStream, at: number, length: number): number {
  const { bytes } = source
  let slot = slotOf(bytes, at, length)
  for (;;) {
    const known = slots[slot]
    if (known === undefined) return UNKNOWN
    if (isSame(known.bytes, bytes, at, length)) return known.number
    slot = (slot + 1) & (SLOTS - 1)
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (name.length !== length) return false
  for (let i = 0; i < length; i++) if (name[i] !== bytes[at + i]) return false
  return true
}

/** Length, first, middle and last byte tell the names apart. */
function slotOf(bytes: Uint8Array, at: number, length: number): number {
  if (length === 0) return 0
  const ends = (bytes[at] ?? 0) * 7 + (bytes[at + length - 1] ?? 0) * 3
  return (length * 37 + ends + (bytes[at + (length >> 1)] ?? 0) * 131) & (SLOTS - 1)
}
