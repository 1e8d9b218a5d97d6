/** Every metric of the collector, as data: what counts, /metrics and the export over OTLP are loops over it. */

export interface MetricFact {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

const counter = (name: string, labels: readonly string[], help: string): MetricFact => ({
  name: `sandglass_collector_${name}_total`,
  kind: 'counter',
  labels,
  help,
})

const gauge = (name: string, labels: readonly string[], help: string): MetricFact => ({
  name: `sandglass_collector_${name}`,
  kind: 'gauge',
  labels,
  help,
})

const histogram = (name: string, labels: readonly string[], help: string): MetricFact => ({
  name: `sandglass_collector_${name}_seconds`,
  kind: 'histogram',
  labels,
  help,
})

/** Upper bounds of every histogram, seconds: from a sync to an insert that waits. */
export const HISTOGRAM_BOUNDS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120,
] as const

export const metricFacts = {
  requests: counter('requests', ['signal', 'status'], 'Export requests answered'),
  refused: counter('requests_refused', ['reason'], 'Requests refused, by reason'),
  resends: counter('resends', ['signal'], 'Requests recognised as already stored, acknowledged again'),
  receivedBytes: counter('received_bytes', ['signal'], 'Bodies after decompression, bytes'),
  rowsAccepted: counter('rows_accepted', ['table'], 'Rows acknowledged'),
  rowsRejected: counter('rows_rejected', ['signal'], 'Records left out of accepted requests'),
  transcoded: counter(
    'transcoded',
    ['what'],
    'What transcoding met: clamped, truncated, redacted, unknown, priced',
  ),
  requestDuration: histogram('request_duration', ['signal'], 'Time from the head of a request to its answer'),
  commits: counter('commits', ['table'], 'Group commits'),
  commitFailures: counter('commit_failures', ['table', 'failure'], 'Group commits the disk refused'),
  commitDuration: histogram('commit_duration', ['table'], 'Time to write and sync one commit'),
  logBytes: gauge('log_bytes', [], 'Acknowledged and not yet stored, bytes'),
  logSegments: gauge('log_segments', ['state'], 'Segments in the log'),
  logAge: gauge('log_age_seconds', [], 'Age of the oldest acknowledged row that is not stored'),
  openSegmentAge: gauge('open_segment_age_seconds', ['table'], 'Age of the segment being written'),
  logDamaged: counter('log_damaged_rows', [], 'Acknowledged rows lost to the disk'),
  inflightBytes: gauge('inflight_bytes', [], 'Bodies and open blocks in memory, bytes'),
  segmentsStored: counter('segments_stored', ['table'], 'Segments stored in ClickHouse'),
  rowsStored: counter('rows_stored', ['table'], 'Rows stored in ClickHouse'),
  insertDuration: histogram('insert_duration', ['table'], 'Time of one successful insert'),
  insertRetries: counter('insert_retries', ['table', 'code'], 'Inserts that failed and are tried again'),
  viewRefusals: counter('view_refusals', ['table', 'code'], 'Inserts that a materialized view refused'),
  quarantined: counter('quarantined_rows', ['table', 'code'], 'Rows that ClickHouse refuses, set aside'),
  quarantineBytes: gauge('quarantine_bytes', [], 'Rows set aside, bytes'),
  watermark: gauge(
    'watermark_timestamp_seconds',
    ['tenant'],
    'Everything acknowledged before this time is queryable',
  ),
  resendKeys: gauge('resend_keys', [], 'Requests remembered for recognition'),
  resendShortened: counter('resend_keys_forgotten', [], 'Requests forgotten before their time'),
  acceptingRequests: gauge('accepting', [], '1 while requests are accepted, 0 while they get 503'),
  residentBytes: gauge('resident_bytes', [], 'Resident memory of the process'),
  cpuSeconds: counter('cpu_seconds', [], 'CPU time of the process'),
  exportFailures: counter('metrics_export_failures', [], 'Exports of these metrics over OTLP that failed'),
  loopDelay: gauge(
    'event_loop_delay_seconds',
    ['quantile'],
    'Delay of the event loop since it was last read',
  ),
} as const satisfies Readonly<Record<string, MetricFact>>

export type MetricKey = keyof typeof metricFacts

/** How names end, and the unit (UCUM) that says so in OTLP. */
const UNITS: readonly (readonly [ending: string, unit: string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
  ['_rows', '{row}'],
]

/** OpenTelemetry separates name spaces by dots, has no ending for counters, and names units apart. */
export function otlpNameOf({ name }: MetricFact): { readonly name: string; readonly unit: string } {
  const bare = name.replace(/_total$/, '')
  const unit = UNITS.find(([ending]) => bare.endsWith(ending))?.[1] ?? ''
  return { name: bare.replace('sandglass_collector_', 'sandglass.collector.'), unit }
}
