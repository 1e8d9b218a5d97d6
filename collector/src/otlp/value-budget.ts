/** Bounds what one attribute may unfold to. */
import { LOOK_AHEAD_BYTES, type TranscodeLimits } from '../transcode/limits.ts'

export class ValueBudget {
  /** Something was left out. */
  exceeded = false
  readonly #limits: TranscodeLimits
  #elements = 0
  #textBytes = 0
  #depth = 0

  constructor(limits: TranscodeLimits) {
    this.#limits = limits
  }

  begin(): void {
    this.exceeded = false
    this.#elements = 0
    this.#textBytes = 0
    this.#depth = 0
  }

  /** Whether one more element may be read. */
  takeElement(): boolean {
    if (this.#elements++ < this.#limits.elementsMax) return true
    this.exceeded = true
    return false
  }

  /** Whether a nested array or map may be read; if so `leave` must follow. */
  enter(): boolean {
    if (this.#depth >= this.#limits.depthMax) {
      this.exceeded = true
      return false
    }
    this.#depth++
    return true
  }

  leave(): void {
    this.#depth--
  }

  /** How many of the `length` bytes of a string may be read: the text of one attribute is cut at its limit anyway. */
  takeText(length: number): number {
    const taken = Math.min(length, this.#limits.textBytesMax + LOOK_AHEAD_BYTES - this.#textBytes)
    this.#textBytes += taken
    if (taken < length) this.exceeded = true
    return taken
  }
}
