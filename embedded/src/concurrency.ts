/** Statements that may run at once, by kind; the rest waits. */
export interface Concurrency {
  readonly queries: number
  readonly inserts: number
}

/** Waiting statements of one kind before further ones are refused. */
export const WAITING_MAX = 256

/** Threads of libuv's pool that stay free for file access, decompression and cancelling. */
const SPARE_THREADS = 4

/** Slow queries use a core each; inserts wait for the disk, so they get slots of their own. */
export function concurrencyFor(cores: number): Concurrency {
  return { queries: Math.max(4, cores * 2), inserts: Math.max(4, cores) }
}

/** Every statement holds a thread of the pool while it runs, so the pool is as large as all slots together. */
export function threadPoolSize(cores: number): number {
  const { queries, inserts } = concurrencyFor(cores)
  return queries + inserts + SPARE_THREADS
}
