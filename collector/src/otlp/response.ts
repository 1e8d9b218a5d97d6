/** What an OTLP/HTTP receiver answers, in the encoding of the request, https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
import type { Encoding, Signal } from '../transcode/transcoder.ts'

export const contentTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** Field of the rejected count in the JSON form of each signal's partial success. */
const REJECTED_FIELDS: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

const EMPTY = Buffer.alloc(0)
const EMPTY_JSON = Buffer.from('{}')

/** Export…ServiceResponse: empty, or a partial success with its count and reason. */
export function encodeExportResponse(
  encoding: Encoding,
  signal: Signal,
  rejected: number,
  reason: string,
): Buffer {
  if (rejected === 0 && reason === '') return encoding === 'json' ? EMPTY_JSON : EMPTY
  if (encoding === 'json') {
    const partialSuccess = { [REJECTED_FIELDS[signal]]: String(rejected), errorMessage: reason }
    return Buffer.from(JSON.stringify({ partialSuccess }))
  }
  return bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(reason))]))
}

/** google.rpc.Status. */
export function encodeStatus(encoding: Encoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(message))])
}

const LENGTH_DELIMITED = 2

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | LENGTH_DELIMITED]), varint(bytes.length), bytes])
}

const varintField = (field: number, value: number): Buffer =>
  Buffer.concat([Buffer.from([field << 3]), varint(value)])

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128)
  return Buffer.from([...out, rest])
}
