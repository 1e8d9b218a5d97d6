import { refuse } from './errors/clickhouse-error.ts'

/** Bounded concurrency with a bounded queue, first come first served. */
export interface Slots {
  /**
   * Runs `work` when a slot is free.
   * @throws ClickHouseError TOO_MANY_SIMULTANEOUS_QUERIES at once when the queue is full.
   */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Running now. */
  readonly running: number
  readonly waiting: number
}

export interface SlotLimits {
  /** What the slots are for, in messages. */
  readonly name: string
  readonly concurrent: number
  readonly waiting: number
}

export function createSlots({ name, concurrent, waiting }: SlotLimits): Slots {
  let running = 0
  const queue: (() => void)[] = []
  const acquire = async (): Promise<void> => {
    if (running < concurrent) running++
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve))
    else {
      const limits = `${concurrent} running, ${waiting} waiting`
      throw refuse(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous ${name}: ${limits}. Try again later.`,
      )
    }
  }
  /** A slot passes straight to the next in line, so nobody can overtake. */
  const release = (): void => {
    const next = queue.shift()
    if (next) next()
    else running--
  }
  return {
    run: async (work) => {
      await acquire()
      try {
        return await work()
      } finally {
        release()
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.length
    },
  }
}
