import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'

const { lagS, windowS } = tunables.collectorWatermarkStale

export const collectorWatermarkStale = defineRule({
  name: 'CollectorWatermarkStale',
  severity: 'page',
  summary:
    'Collector {{ $labels.collector }} has stored nothing new for {{ humanizeDuration $values.A.Value }}',
  description: `A collector that has not stopped in good order has not advanced its watermark for ${lagS / 60} minutes. Spend, budgets and dashboards stop at the oldest watermark, so all of them stand still.`,
  atlas: [],
  owasp: [],
  labels: ['tenant', 'collector'],
  // One that has been silent for longer than the window is no longer news; it must be retired (see the runbook).
  sql: `
    SELECT
      tenant_id AS tenant,
      collector_id AS collector,
      max(dateDiff('second', watermark, $__toTime_ms)) AS value
    FROM (SELECT tenant_id, collector_id, worker, watermark, state, updated_at FROM watermarks FINAL)
    WHERE state != 'stopped' AND $__timeFilter_ms(updated_at)
    GROUP BY tenant_id, collector_id
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 60, keepFiringForS: 0 },
  fireAt: lagS,
  resolveBelow: 60,
  fixtures: {
    mustFire: [
      {
        title: 'the watermark stands',
        events: [],
        watermarks: [{ ageS: lagS + 1, state: 'running' }],
        alerts: [{ collector: 'collector-1' }],
      },
      {
        title: 'one of two collectors stands',
        events: [],
        watermarks: [
          { ageS: 2, state: 'running', collector: 'collector-1' },
          { ageS: lagS + 1, state: 'running', collector: 'collector-2' },
        ],
        alerts: [{ collector: 'collector-2' }],
      },
    ],
    mustNotFire: [
      { title: 'it lags a little', events: [], watermarks: [{ ageS: lagS - 2, state: 'running' }] },
      { title: 'the collector was stopped', events: [], watermarks: [{ ageS: lagS + 1, state: 'stopped' }] },
      {
        title: 'it stood and goes on',
        events: [],
        watermarks: [
          { ageS: lagS + 60, state: 'running' },
          { ageS: 1, state: 'running' },
        ],
      },
    ],
  },
})
