/** Counters, gauges and histograms in memory. */
import { HISTOGRAM_BOUNDS_SECONDS, metricFacts, type MetricFact, type MetricKey } from './metric-facts.ts'

export interface Sample {
  /** Appended to the name of the family: empty, `_bucket`, `_sum` or `_count`. */
  readonly suffix: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly kind: MetricFact['kind']
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Label sets of one metric; beyond it further ones are counted together as `other`. */
const SERIES_MAX = 2_000

interface Series {
  readonly labels: readonly string[]
  /** Of a histogram: the sum. */
  value: number
  /** Of a histogram: observations between the bound before and each bound, and in all. */
  readonly buckets: number[]
  count: number
}

/** One metric as it stands. */
export interface MetricState {
  readonly fact: MetricFact
  readonly series: readonly Readonly<Series>[]
}

export class Metrics {
  readonly #series = new Map<MetricKey, Map<string, Series>>()
  readonly #collectors: (() => void)[] = []

  /** Adds to a counter. */
  add(key: MetricKey, value: number, ...labels: readonly string[]): void {
    this.#find(key, labels).value += value
  }

  /** Sets a gauge, or a counter that something else counts. */
  set(key: MetricKey, value: number, ...labels: readonly string[]): void {
    this.#find(key, labels).value = value
  }

  /** Records one duration, seconds. */
  observe(key: MetricKey, seconds: number, ...labels: readonly string[]): void {
    const series = this.#find(key, labels)
    series.value += seconds
    series.count += 1
    const bucket = HISTOGRAM_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
  }

  /** Forgets every series of a gauge, so that labels which are gone do not linger. */
  clear(key: MetricKey): void {
    this.#series.delete(key)
  }

  /** Registers what sets gauges when somebody looks. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect)
  }

  /** Every metric that was counted so far. */
  states(): readonly MetricState[] {
    for (const collect of this.#collectors) collect()
    return [...this.#series].map(([key, series]) => ({
      fact: metricFacts[key],
      series: [...series.values()],
    }))
  }

  families(): readonly Family[] {
    return this.states().map(toFamily)
  }

  #find(key: MetricKey, labels: readonly string[]): Series {
    let family = this.#series.get(key)
    if (family === undefined) this.#series.set(key, (family = new Map()))
    const name = labels.length === 1 ? (labels[0] ?? '') : labels.join('\0')
    return family.get(name) ?? addSeries(family, name, labels)
  }
}

function addSeries(family: Map<string, Series>, name: string, labels: readonly string[]): Series {
  const full = family.size >= SERIES_MAX
  const key = full ? '\0other' : name
  const known = family.get(key)
  if (known !== undefined) return known
  const series = { labels: full ? labels.map(() => 'other') : labels, value: 0, buckets: [], count: 0 }
  family.set(key, series)
  return series
}

function toFamily({ fact, series }: MetricState): Family {
  const samples = series.flatMap((one) => {
    const labels = fact.labels.map((name, i) => [name, one.labels[i] ?? ''] as const)
    return fact.kind === 'histogram'
      ? histogramSamples(labels, one)
      : [{ suffix: '', labels, value: one.value }]
  })
  return { name: fact.name, kind: fact.kind, help: fact.help, samples }
}

function histogramSamples(labels: Sample['labels'], { value, buckets, count }: Series): readonly Sample[] {
  let below = 0
  const bounded = HISTOGRAM_BOUNDS_SECONDS.map((bound, i) => {
    below += buckets[i] ?? 0
    return { suffix: '_bucket', labels: [...labels, ['le', String(bound)] as const], value: below }
  })
  return [
    ...bounded,
    { suffix: '_bucket', labels: [...labels, ['le', '+Inf']], value: count },
    { suffix: '_sum', labels, value },
    { suffix: '_count', labels, value: count },
  ]
}
