import type { ByteStream } from '../transcode/byte-stream.ts'

/** An attribute's value as OTLP means it. Integers are bigint, floating point numbers are number. */
export type OtlpValue =
  | null
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly OtlpValue[]
  | ReadonlyMap<string, OtlpValue>

/** Takes one value as the text that is stored. */
export interface ValueSink {
  text(source: ByteStream, at: number, length: number): void
  integer(low: number, high: number): void
  double(value: number): void
  /** ASCII that carries no secret: a boolean, or nothing. */
  plain(value: string): void
  /** An array, a map or bytes, rendered. */
  rendered(value: string): void
}
