/**
 * A growable run of bytes: a column being written, or a body being read.
 * Words are read and written through `view`, which allows any alignment; writers may touch up to WORD_SLACK bytes
 * past `length`, so `reserve` always leaves that much room.
 */
export const WORD_SLACK = 8

const INITIAL_BYTES = 1024
/** A stream that needs less than a quarter of its memory for a while gives it back. */
const SHRINK_FACTOR = 4
const PEAK_DECAY = 0.9

export class ByteStream {
  bytes: Uint8Array
  view: DataView
  length = 0
  #peak = 0

  constructor(bytes: Uint8Array = new Uint8Array(INITIAL_BYTES), length = 0) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = length
  }

  /** Makes room for `extra` more bytes and the slack. */
  reserve(extra: number): void {
    if (this.length + extra + WORD_SLACK > this.bytes.length) this.#grow(this.length + extra + WORD_SLACK)
  }

  /**
   * Reads `bytes` from now on; for sources, whose memory belongs to somebody else and is used again. `bytes` becomes a plain
   * array, whatever is given: `slice` copies those, while that of a Buffer would share the memory.
   */
  wrap(bytes: Uint8Array): void {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.length
  }

  /** Empties the stream and returns memory it has not needed for a while. */
  clear(): void {
    this.#peak = Math.max(this.length, this.#peak * PEAK_DECAY)
    this.length = 0
    const enough = Math.max(INITIAL_BYTES, this.#peak * SHRINK_FACTOR)
    if (this.bytes.length > enough) this.#move(Math.ceil(enough / 2))
  }

  #grow(needed: number): void {
    this.#move(Math.max(needed, this.bytes.length * 2))
  }

  #move(capacity: number): void {
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }
}
