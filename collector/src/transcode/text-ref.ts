/** Where a string stands until it is known that no later field replaces it. */
import type { ByteStream } from './byte-stream.ts'

export class TextRef {
  source: ByteStream
  at = 0
  length = 0

  constructor(source: ByteStream) {
    this.source = source
  }

  set(source: ByteStream, at: number, length: number): void {
    this.source = source
    this.at = at
    this.length = length
  }

  clear(): void {
    this.length = 0
  }
}
