/** Timestamps a request may carry, and where others are clamped to, as 64-bit halves. */
import type { ByteStream } from './byte-stream.ts'
import { appendWords } from './append.ts'
import type { TranscodeCounts } from './counts.ts'

const NS_PER_MS = 1_000_000n
const UINT32 = 0xffff_ffffn

export class TimeWindow {
  readonly #counts: TranscodeCounts
  readonly #retentionMs: number
  readonly #aheadMsMax: number
  #receivedLow = 0
  #receivedHigh = 0
  #earliestLow = 0
  #earliestHigh = 0
  #latestLow = 0
  #latestHigh = 0

  constructor(counts: TranscodeCounts, retentionMs: number, aheadMsMax: number) {
    this.#counts = counts
    this.#retentionMs = retentionMs
    this.#aheadMsMax = aheadMsMax
  }

  begin(receivedAtMs: number): void {
    this.#receivedLow = lowOf(receivedAtMs)
    this.#receivedHigh = highOf(receivedAtMs)
    this.#earliestLow = lowOf(receivedAtMs - this.#retentionMs)
    this.#earliestHigh = highOf(receivedAtMs - this.#retentionMs)
    this.#latestLow = lowOf(receivedAtMs + this.#aheadMsMax)
    this.#latestHigh = highOf(receivedAtMs + this.#aheadMsMax)
  }

  /** Appends a time in ns since the Unix epoch: a missing one is when the request came, one outside is clamped. */
  put(target: ByteStream, low: number, high: number): void {
    if (low === 0 && high === 0) this.#clamp(target, this.#receivedLow, this.#receivedHigh)
    else if (isBefore(low, high, this.#earliestLow, this.#earliestHigh)) {
      this.#clamp(target, this.#earliestLow, this.#earliestHigh)
    } else if (isBefore(this.#latestLow, this.#latestHigh, low, high)) {
      this.#clamp(target, this.#latestLow, this.#latestHigh)
    } else appendWords(target, low, high)
  }

  #clamp(target: ByteStream, low: number, high: number): void {
    this.#counts.timestampsClamped++
    appendWords(target, low, high)
  }
}

/** Both unsigned. */
export function isBefore(low: number, high: number, otherLow: number, otherHigh: number): boolean {
  const left = high >>> 0
  const right = otherHigh >>> 0
  return left === right ? low >>> 0 < otherLow >>> 0 : left < right
}

function lowOf(ms: number): number {
  return Number((BigInt(Math.trunc(ms)) * NS_PER_MS) & UINT32) | 0
}

function highOf(ms: number): number {
  return Number((BigInt(Math.trunc(ms)) * NS_PER_MS) >> 32n) | 0
}
