/** Where in an encoded request the bytes lie that make it different from every other. */

export interface Marks {
  /** Offsets of four binary bytes: of trace ids, span ids and parents. */
  readonly binary: readonly number[]
  /** Offsets of eight lower-case hexadecimal digits. */
  readonly hex: readonly number[]
  /** Offsets of little-endian nanoseconds, start and end of spans. */
  readonly times: readonly number[]
}

/** Values of attributes that name one thing: a task, a prompt, a tool call. */
const NAMED_IDS = /(?:task_|prm_|call_)(?=[0-9a-f]{8})/g
const JSON_IDS = /"(?:traceId|spanId|parentSpanId)":"(?=[0-9a-f]{8})/g

export function findJsonMarks(body: Buffer): Marks {
  const text = body.toString('latin1')
  return { binary: [], hex: [...endsOf(text, JSON_IDS), ...endsOf(text, NAMED_IDS)], times: [] }
}

export function findProtobufMarks(body: Buffer): Marks {
  const binary: number[] = []
  const times: number[] = []
  for (const span of spansOf(body)) {
    for (const field of fieldsOf(body, span)) {
      if (ID_FIELDS.has(field.number)) binary.push(field.start)
      if (TIME_FIELDS.has(field.number)) times.push(field.start)
    }
  }
  return { binary, hex: endsOf(body.toString('latin1'), NAMED_IDS), times }
}

/** trace_id, span_id and parent_span_id; start and end, of a Span. */
const ID_FIELDS = new Set([1, 2, 4])
const TIME_FIELDS = new Set([7, 8])

const RESOURCE_SPANS = 1
const SCOPE_SPANS = 2
const SPANS = 2

interface Range {
  readonly start: number
  readonly end: number
}

interface Field extends Range {
  readonly number: number
}

function spansOf(body: Buffer): readonly Range[] {
  const inside = (ranges: readonly Range[], number: number): readonly Range[] =>
    ranges.flatMap((range) => fieldsOf(body, range).filter((field) => field.number === number))
  return inside(inside(inside([{ start: 0, end: body.length }], RESOURCE_SPANS), SCOPE_SPANS), SPANS)
}

/** The fields of a message, in order, by the ranges of their contents. */
function fieldsOf(body: Buffer, { start, end }: Range): readonly Field[] {
  const fields: Field[] = []
  let at = start
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = body.readUInt8(at)
      at += 1
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  while (at < end) {
    const tag = varint()
    const wireType = tag & 7
    const size = wireType === 2 ? varint() : wireType === 1 ? 8 : wireType === 5 ? 4 : 0
    fields.push({ number: tag >>> 3, start: at, end: at + size })
    if (wireType === 0) varint()
    else at += size
  }
  return fields
}

function endsOf(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => index + found.length)
}
