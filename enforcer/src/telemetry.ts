/** The enforcer's own metrics, declared as data, rendered for Prometheus. */

const metricFacts = {
  sandglass_enforcer_ticks_total: ['counter', 'Ticks of the control loop, by result'],
  sandglass_enforcer_tick_seconds: ['gauge', 'Time the last tick took'],
  sandglass_enforcer_last_tick_timestamp_seconds: ['gauge', 'When the last tick ended'],
  sandglass_enforcer_watermark_age_seconds: ['gauge', 'Age of the ingest watermark decisions are made at'],
  sandglass_enforcer_subjects: ['gauge', 'Budgets times windows times scopes decided on, by verdict'],
  sandglass_enforcer_decisions_total: ['counter', 'Recorded decisions, by verdict, reason and mode'],
  sandglass_enforcer_actions_total: ['counter', 'Outcomes of actions, by action and result'],
  sandglass_enforcer_observe_failures_total: ['counter', 'What could not be read, by source'],
  sandglass_enforcer_record_pending: ['gauge', 'Bodies that are not stored yet'],
  sandglass_enforcer_record_failures_total: ['counter', 'Times decisions could not be recorded'],
  sandglass_enforcer_suspensions_deferred: ['gauge', 'Suspensions the blast cap left for later ticks'],
  sandglass_enforcer_suspensions_protected: ['gauge', 'Suspensions the protect list forbids'],
  sandglass_enforcer_orphan_holds: ['gauge', 'Holds of budgets that are not in the document'],
  sandglass_enforcer_overrides_ignored: ['gauge', 'Overrides that name too little or last too long'],
  sandglass_enforcer_scopes_cut: ['gauge', 'Rules with more scopes than are read'],
  sandglass_enforcer_paused: ['gauge', '1 while a pause is in force'],
} as const satisfies Record<string, readonly ['counter' | 'gauge', string]>

export type MetricName = keyof typeof metricFacts
export type Labels = Readonly<Record<string, string>>

export interface Telemetry {
  add(name: MetricName, labels?: Labels, by?: number): void
  set(name: MetricName, value: number, labels?: Labels): void
  /** Forgets every series of a gauge that is set anew each tick. */
  reset(name: MetricName): void
  get(name: MetricName, labels?: Labels): number
  /** Prometheus text format, https://prometheus.io/docs/instrumenting/exposition_formats/ */
  render(): string
}

export function createTelemetry(): Telemetry {
  const series = new Map<MetricName, Map<string, number>>()
  const of = (name: MetricName): Map<string, number> => {
    const found = series.get(name) ?? new Map<string, number>()
    series.set(name, found)
    return found
  }
  return {
    add: (name, labels = {}, by = 1) => {
      const key = renderLabels(labels)
      of(name).set(key, (of(name).get(key) ?? 0) + by)
    },
    set: (name, value, labels = {}) => void of(name).set(renderLabels(labels), value),
    reset: (name) => of(name).clear(),
    get: (name, labels = {}) => of(name).get(renderLabels(labels)) ?? 0,
    render: () => [...series].flatMap(([name, values]) => renderMetric(name, values)).join('\n') + '\n',
  }
}

function renderMetric(name: MetricName, values: ReadonlyMap<string, number>): readonly string[] {
  const [type, help] = metricFacts[name]
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...[...values].map(([labels, value]) => `${name}${labels} ${value}`),
  ]
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
