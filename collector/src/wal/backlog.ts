/** The sealed segments that are not stored yet, and what follows from them: depth, age and watermarks. */
import type { SealedSegment } from './segment.ts'

export class Backlog {
  readonly #segments = new Map<string, SealedSegment>()
  #bytes = 0

  add(segment: SealedSegment): void {
    this.#segments.set(segment.id, segment)
    this.#bytes += segment.bytes
  }

  remove(segment: SealedSegment): void {
    if (this.#segments.delete(segment.id)) this.#bytes -= segment.bytes
  }

  get size(): number {
    return this.#segments.size
  }

  get bytes(): number {
    return this.#bytes
  }

  segments(): IterableIterator<SealedSegment> {
    return this.#segments.values()
  }
}
