import { refuse } from './errors/clickhouse-error.ts'

export interface SlotLimits {
  /** What the slots are for, in messages. */
  readonly name: string
  /** Most that run at once. */
  readonly concurrent: number
  /** Most that wait; further ones are refused. */
  readonly waiting: number
}

/** Bounded concurrency with a bounded queue, first come first served. */
export class Slots {
  readonly #limits: SlotLimits
  #running = 0
  #closed = false
  #queue: { readonly start: () => void; readonly fail: (error: Error) => void }[] = []
  #whenIdle: (() => void)[] = []

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /**
   * Runs `work` as soon as a slot is free.
   * @throws ClickHouseError TOO_MANY_SIMULTANEOUS_QUERIES when the queue is full, ABORTED once closed.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#acquire()
    try {
      return await work()
    } finally {
      this.#release()
    }
  }

  /** Refuses those that wait and all that come; resolves when the running ones have ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const waiting of this.#queue.splice(0)) waiting.fail(stopping())
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  async #acquire(): Promise<void> {
    const { name, concurrent, waiting } = this.#limits
    if (this.#closed) throw stopping()
    if (this.#running < concurrent) this.#running++
    else if (this.#queue.length < waiting) {
      await new Promise<void>((start, fail) => this.#queue.push({ start, fail }))
    } else {
      const limits = `${concurrent} running and ${waiting} waiting`
      throw refuse(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous ${name}: ${limits}. Try again later.`,
      )
    }
  }

  /** The slot passes straight to the next in line, so nobody overtakes. */
  #release(): void {
    const next = this.#queue.shift()
    if (next) return next.start()
    this.#running--
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function stopping(): Error {
  return refuse('ABORTED', 'The embedded ClickHouse is stopping.')
}
