/** The spans of the task in Grafana's trace view. Column names: the view's own. */
import type { Section } from '../layout.ts'
import { tracePanel } from '../panels/panels.ts'
import { ofTask, withinTask } from './scope.ts'

const spansMax = 5000

const tags = (column: string) =>
  `arrayMap(key -> map('key', key, 'value', ${column}[key]), mapKeys(${column}))`

const trace = `
  SELECT
    TraceId AS traceID,
    SpanId AS spanID,
    ParentSpanId AS parentSpanID,
    ServiceName AS serviceName,
    SpanName AS operationName,
    toUnixTimestamp64Nano(Timestamp) * 0.000001 AS startTime,
    Duration * 0.000001 AS duration,
    ${tags('SpanAttributes')} AS tags,
    ${tags('ResourceAttributes')} AS serviceTags,
    if(StatusCode IN ('Error', 'STATUS_CODE_ERROR'), 2, 0) AS statusCode
  FROM otel_traces
  WHERE TenantId = \${tenant:singlequote} AND TraceId = (SELECT max(trace_id) FROM task_states WHERE ${ofTask})
    AND TraceId != '' AND ${withinTask('Timestamp')}
  ORDER BY Timestamp
  LIMIT ${spansMax}
`

export const traceSection = (): Section => ({
  title: 'Trace',
  lines: [
    {
      height: 18,
      panels: [
        [
          24,
          tracePanel(
            { title: 'Trace', description: `The trace that the task started in, up to ${spansMax} spans.` },
            trace,
          ),
        ],
      ],
    },
  ],
})
