/** Statements that may run at once, by kind, so that no kind keeps another waiting; the rest of each kind waits. */
export interface Concurrency {
  /** The read port: dashboards and people. */
  readonly reads: number
  /** The write port, but for inserts that bring rows: migrations, the enforcer's questions. */
  readonly work: number
  /** Inserts that bring rows. */
  readonly inserts: number
}

/** Waiting statements of one kind before further ones are refused. */
export const WAITING_MAX = 256

/** Threads of libuv's pool that stay free for file access, decompression and cancelling. */
const SPARE_THREADS = 4

/** A slow query uses every core it gets; work and inserts mostly wait for the disk. */
export function concurrencyFor(cores: number): Concurrency {
  return { reads: Math.max(4, cores * 2), work: Math.max(4, cores), inserts: Math.max(4, cores) }
}

/** Every statement holds a thread of the pool while it runs, so the pool is as large as all slots together. */
export function threadPoolSize(cores: number): number {
  const { reads, work, inserts } = concurrencyFor(cores)
  return reads + work + inserts + SPARE_THREADS
}
