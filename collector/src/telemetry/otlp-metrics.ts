/** The collector's own metrics in OpenTelemetry's data model. Everything is counted since the process started. */
import { type HrTime, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { HISTOGRAM_BOUNDS_SECONDS, otlpNameOf } from './metric-facts.ts'
import type { MetricState } from './metrics.ts'

/** Unix times, ms. */
export interface Interval {
  readonly startMs: number
  readonly endMs: number
}

export function toMetricData(state: MetricState, interval: Interval): MetricData {
  const { fact } = state
  const base = {
    descriptor: { ...otlpNameOf(fact), description: fact.help, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  }
  if (fact.kind === 'histogram') {
    const dataPoints = points(state, interval, toHistogram)
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints }
  }
  const dataPoints = points(state, interval, ({ value }) => value)
  return fact.kind === 'gauge'
    ? { ...base, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
}

type Series = MetricState['series'][number]

function points<T>(
  { fact, series }: MetricState,
  { startMs, endMs }: Interval,
  valueOf: (series: Series) => T,
): DataPoint<T>[] {
  const [startTime, endTime] = [toHrTime(startMs), toHrTime(endMs)]
  return series.map((one) => ({
    startTime,
    endTime,
    attributes: Object.fromEntries(fact.labels.map((name, i) => [name, one.labels[i] ?? ''])),
    value: valueOf(one),
  }))
}

/** Beyond the last bound there is one more bucket. */
function toHistogram({ value, buckets, count }: Series): Histogram {
  const counts = HISTOGRAM_BOUNDS_SECONDS.map((_, i) => buckets[i] ?? 0)
  const bounded = counts.reduce((sum, one) => sum + one, 0)
  return {
    buckets: { boundaries: [...HISTOGRAM_BOUNDS_SECONDS], counts: [...counts, count - bounded] },
    sum: value,
    count,
  }
}

const toHrTime = (unixMs: number): HrTime => [Math.floor(unixMs / 1000), (unixMs % 1000) * 1_000_000]
