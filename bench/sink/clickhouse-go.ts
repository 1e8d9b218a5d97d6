/** What clickhouse-go asks over HTTP before it inserts, answered in Native with the framing of its protocol revision. */

/** The revision clickhouse-go speaks; its blocks then begin with block info, and each column says how it is serialised. */
const REVISION = 54_460

/** Fields of block info: 1 "overflows" false, 2 "bucket" −1, 0 end. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0])

interface Column {
  readonly name: string
  readonly values: readonly (string | number)[]
}

/** Columns and types of the exporter's table of traces, as DESCRIBE tells them. */
const MAP = 'Map(LowCardinality(String), String)'
const TRACES: readonly (readonly [name: string, type: string])[] = [
  ['Timestamp', 'DateTime64(9)'],
  ['TraceId', 'String'],
  ['SpanId', 'String'],
  ['ParentSpanId', 'String'],
  ['TraceState', 'String'],
  ['SpanName', 'LowCardinality(String)'],
  ['SpanKind', 'LowCardinality(String)'],
  ['ServiceName', 'LowCardinality(String)'],
  ['ResourceAttributes', MAP],
  ['ScopeName', 'String'],
  ['ScopeVersion', 'String'],
  ['SpanAttributes', MAP],
  ['Duration', 'UInt64'],
  ['StatusCode', 'LowCardinality(String)'],
  ['StatusMessage', 'String'],
  ['Events.Timestamp', 'Array(DateTime64(9))'],
  ['Events.Name', 'Array(LowCardinality(String))'],
  ['Events.Attributes', `Array(${MAP})`],
  ['Links.TraceId', 'Array(String)'],
  ['Links.SpanId', 'Array(String)'],
  ['Links.TraceState', 'Array(String)'],
  ['Links.Attributes', `Array(${MAP})`],
]

/** Undefined for a query that it never asks while traces are exported. */
export function answerClickHouseGo(query: string): Buffer | undefined {
  if (/^\s*SELECT displayName\(\)/i.test(query)) return encodeBlock(HELLO)
  if (/^\s*DESCRIBE TABLE .*otel_traces/i.test(query)) return encodeBlock(DESCRIPTION)
  return /^\s*CREATE /i.test(query) ? Buffer.alloc(0) : undefined
}

const HELLO: readonly Column[] = [
  { name: 'displayName()', values: ['sink'] },
  { name: 'version()', values: ['26.7.1.1'] },
  { name: 'revision()', values: [REVISION] },
  { name: 'timezone()', values: ['UTC'] },
]

const empty = (name: string): Column => ({ name, values: TRACES.map(() => '') })

const DESCRIPTION: readonly Column[] = [
  { name: 'name', values: TRACES.map(([name]) => name) },
  { name: 'type', values: TRACES.map(([, type]) => type) },
  ...['default_type', 'default_expression', 'comment', 'codec_expression', 'ttl_expression'].map(empty),
]

/** One block: text becomes String, numbers UInt32. */
function encodeBlock(columns: readonly Column[]): Buffer {
  const rows = columns[0]?.values.length ?? 0
  return Buffer.concat([BLOCK_INFO, varint(columns.length), varint(rows), ...columns.map(encodeColumn)])
}

function encodeColumn({ name, values }: Column): Buffer {
  const type = typeof values[0] === 'number' ? 'UInt32' : 'String'
  const usualSerialization = Buffer.from([0])
  return Buffer.concat([text(name), text(type), usualSerialization, ...values.map(encodeValue)])
}

function encodeValue(value: string | number): Buffer {
  if (typeof value === 'string') return text(value)
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value)
  return out
}

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)])

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80)
  return Buffer.from([...out, rest])
}
