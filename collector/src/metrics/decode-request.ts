/** A body as a plain object shaped like OTLP/JSON, not yet checked. */
import { DecodeError } from '../otlp/decode-error.ts'
import { WireCursor } from '../otlp/protobuf/wire-cursor.ts'
import { Refusal } from '../receive/refusal.ts'
import type { Encoding } from '../transcode/transcoder.ts'
import { metricsRequest } from './protobuf-fields.ts'
import { MessageReader } from './protobuf-message.ts'

/** Larger bodies are refused: their objects would need many times as much memory. Batches of 8,192 points have about 3 MiB. */
const BODY_BYTES_MAX = 8 * 1024 * 1024

const decoder = new TextDecoder()

/** Throws DecodeError, or the Refusal `body_too_large`. */
export function decodeRequest(encoding: Encoding, body: Uint8Array): unknown {
  if (body.length > BODY_BYTES_MAX) {
    const problem = `a body of metrics has at most ${BODY_BYTES_MAX} bytes, this one ${body.length}: send smaller batches`
    throw new Refusal('body_too_large', problem)
  }
  if (encoding === 'protobuf') return new MessageReader(new WireCursor()).read(metricsRequest, body)
  try {
    return parseExactly(decoder.decode(body))
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error), 0)
  }
}

/** An integer without quotes that a double may not hold. Those in quotes stay strings anyway. */
const LONG_INTEGER = /[:,[]\s*-?\d{16}/
const INTEGER = /^-?\d{16,}$/

/** JSON of any kind; long integers become bigint. */
function parseExactly(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  const revive = (_: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
    source !== undefined && INTEGER.test(source) ? BigInt(source) : value
  return JSON.parse(text, revive)
}
