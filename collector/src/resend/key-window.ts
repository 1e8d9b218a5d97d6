/** The keys of the last while: generations of key sets, of which the oldest is dropped as a whole. */
import type { Clock } from '../clock.ts'
import { KeySet } from './key-set.ts'

/** A key is remembered for `windowMs` to `windowMs` × 4/3. */
const GENERATIONS = 4

export interface KeyWindowOptions {
  readonly clock: Clock
  /** Time for which every key is remembered, ms. */
  readonly windowMs: number
  /** Keys of all generations together. */
  readonly keysMax: number
  /** Keys younger than the window were forgotten, because there were too many. */
  readonly onShortened: (forgotten: number) => void
}

interface Generation {
  readonly startedAtMs: number
  readonly keys: KeySet
}

export class KeyWindow {
  readonly #options: KeyWindowOptions
  readonly #turnMs: number
  #generations: Generation[]

  constructor(options: KeyWindowOptions) {
    this.#options = options
    this.#turnMs = options.windowMs / (GENERATIONS - 1)
    this.#generations = [this.#fresh()]
  }

  get size(): number {
    return this.#generations.reduce((sum, { keys }) => sum + keys.size, 0)
  }

  has(key: Uint8Array): boolean {
    return this.#generations.some(({ keys }) => keys.has(key))
  }

  add(key: Uint8Array): void {
    this.#turn()
    if (this.size >= this.#options.keysMax) this.#shorten()
    this.#generations.at(-1)?.keys.add(key)
  }

  #fresh(): Generation {
    return { startedAtMs: this.#options.clock.elapsedMs(), keys: new KeySet() }
  }

  #turn(): void {
    const nowMs = this.#options.clock.elapsedMs()
    const newest = this.#generations.at(-1)
    const isFull = (newest?.keys.size ?? 0) >= this.#options.keysMax / GENERATIONS
    if (!isFull && nowMs - (newest?.startedAtMs ?? 0) < this.#turnMs) return
    const oldestMs = nowMs - this.#options.windowMs - this.#turnMs
    this.#generations = this.#generations.filter(({ startedAtMs }) => startedAtMs > oldestMs)
    this.#generations.push(this.#fresh())
  }

  #shorten(): void {
    const forgotten = this.#generations.shift()
    if (this.#generations.length === 0) this.#generations = [this.#fresh()]
    this.#options.onShortened(forgotten?.keys.size ?? 0)
  }
}
