/** Percentiles of acknowledgement times, exact. */
export interface Latencies {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export function summarise(timesMs: readonly number[]): Latencies {
  const sorted = Float64Array.from(timesMs).sort()
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0)
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) }
}

const round = (value: number): number => Math.round(value * 100) / 100
