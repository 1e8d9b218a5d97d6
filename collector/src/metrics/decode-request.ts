/** A body as a plain object shaped like OTLP/JSON, not yet checked. */
import { DecodeError } from '../otlp/decode-error.ts'
import { WireCursor } from '../otlp/protobuf/wire-cursor.ts'
import type { Encoding } from '../transcode/transcoder.ts'
import { metricsRequest } from './protobuf-fields.ts'
import { MessageReader } from './protobuf-message.ts'

/** Larger bodies are refused: their objects would need many times as much memory. Batches of 8,192 points have about 3 MiB. */
const BODY_BYTES_MAX = 8 * 1024 * 1024

const decoder = new TextDecoder()

/** Throws DecodeError. */
export function decodeRequest(encoding: Encoding, body: Uint8Array): unknown {
  if (body.length > BODY_BYTES_MAX) {
    throw new DecodeError(
      `metrics of more than ${BODY_BYTES_MAX} bytes, send smaller batches: cut`,
      BODY_BYTES_MAX,
    )
  }
  if (encoding === 'protobuf') return new MessageReader(new WireCursor()).read(metricsRequest, body)
  try {
    return JSON.parse(decoder.decode(body))
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error), 0)
  }
}
