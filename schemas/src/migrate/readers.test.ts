import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPriceBook } from '../price-book.ts'
import { attr } from '../semconv.ts'
import { logRow, spanRow } from '../testing/rows.ts'
import { fullEvents, fullSpans } from '../testing/samples.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

/**
 * Shapes of queries that readers of the exporter's schema send, in our words: Grafana's ClickHouse plugin (trace id, trace
 * search, logs) and ClickStack (map subcolumns, keys of maps). The schema must answer them unchanged.
 */
let store: TestStore
const nowMs = Date.now() - 10_000
const traceId = 'a'.repeat(32)

beforeAll(async () => {
  store = await startTestStore()
  await store.insert('otel_traces', fullSpans(nowMs).map(spanRow), 'spans')
  const book = openPriceBook()
  await store.insert(
    'otel_logs',
    fullEvents(nowMs).map((facts) => logRow(facts, book)),
    'logs',
  )
})
afterAll(() => store.stop())

const keyValues = (map: string) => `arrayMap(key -> map('key', key, 'value', ${map}[key]), mapKeys(${map}))`

describe('the trace view of the Grafana plugin', () => {
  const query = `
    WITH '${traceId}' AS trace_id,
      (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = trace_id) AS trace_start,
      (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = trace_id) AS trace_end
    SELECT "TraceId" AS traceID, "SpanId" AS spanID, "ParentSpanId" AS parentSpanID, "ServiceName" AS serviceName,
      "SpanName" AS operationName, multiply(toUnixTimestamp64Nano("Timestamp"), 0.000001) AS startTime,
      multiply("Duration", 0.000001) AS duration, ${keyValues('"SpanAttributes"')} AS tags,
      ${keyValues('"ResourceAttributes"')} AS serviceTags,
      if("StatusCode" IN ('Error', 'STATUS_CODE_ERROR'), 2, 0) AS statusCode,
      arrayMap((name, timestamp, attributes) -> tuple(name, toString(toUnixTimestamp64Milli(timestamp)), ${keyValues('attributes')})
        ::Tuple(name String, timestamp String, fields Array(Map(String, String))),
        "Events".Name, "Events".Timestamp, "Events".Attributes) AS logs,
      arrayMap((traceID, spanID, attributes) -> tuple(traceID, spanID, ${keyValues('attributes')})
        ::Tuple(traceID String, spanID String, tags Array(Map(String, String))),
        "Links".TraceId, "Links".SpanId, "Links".Attributes) AS references,
      "SpanKind" AS kind, "StatusMessage" AS statusMessage, "ScopeName" AS instrumentationLibraryName, "TraceState" AS traceState
    FROM otel_traces
    WHERE traceID = trace_id AND "Timestamp" >= trace_start AND "Timestamp" <= trace_end
    LIMIT 1000`

  it('finds the whole trace through the lookup table', async () => {
    const rows = await store.read(query)
    expect(rows.map((row) => String(row['operationName'])).toSorted()).toEqual([
      'chat opus-5',
      'execute_tool run_tests',
      'node',
    ])
    expect(rows.every((row) => row['statusCode'] === 2 && row['duration'] === 20)).toBe(true)
  })

  it('shows promoted attributes among the tags, and links as references', async () => {
    const tool = (await store.read(query)).find((row) => row['operationName'] === 'execute_tool run_tests')
    expect(tool?.['tags']).toContainEqual({ key: attr.toolName, value: 'run_tests' })
    expect(tool?.['tags']).toContainEqual({ key: attr.errorType, value: 'timeout' })
    expect(tool?.['references']).toMatchObject([{ traceID: traceId, spanID: '1'.repeat(16) }])
  })
})

it('the trace search finds spans by a promoted attribute inside the map', async () => {
  const rows = await store.read(`
    SELECT "TraceId" AS "traceID", "ServiceName" AS "serviceName", "SpanName" AS "operationName", "Timestamp" AS "startTime",
      multiply("Duration", 0.000001) AS "duration"
    FROM otel_traces
    WHERE "Timestamp" >= now() - INTERVAL 1 HOUR AND "Duration" > 0 AND "SpanAttributes"['${attr.operation}'] = 'exec'
    ORDER BY "Timestamp" DESC, "Duration" DESC LIMIT 1000`)
  expect(rows.length).toBeGreaterThan(0)
})

it('the logs view reads events with all their labels, by TimestampTime too', async () => {
  const rows = await store.read(`
    SELECT Timestamp AS "timestamp", Body AS "body", SeverityText AS "level", LogAttributes AS "labels", TraceId AS "traceID"
    FROM otel_logs
    WHERE (timestamp >= now() - INTERVAL 1 HOUR) AND TimestampTime >= now() - INTERVAL 1 HOUR
      AND EventName = 'sandbox.secret.accessed'
    ORDER BY timestamp DESC LIMIT 1000`)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.['labels']).toMatchObject({ [attr.secretName]: 'NPM_TOKEN', [attr.teamId]: 'payments' })
})

it('readers that list the keys of a map see promoted attributes', async () => {
  const rows = await store.read(`
    SELECT groupUniqArrayArray(mapKeys(SpanAttributes)) AS keys
    FROM (SELECT SpanAttributes FROM otel_traces WHERE Timestamp >= now() - INTERVAL 1 HOUR LIMIT 1000)`)
  expect(rows[0]?.['keys']).toEqual(expect.arrayContaining([attr.taskId, attr.commandLine, attr.exitCode]))
})

it('the node graph has a node for each tool call and an edge from each to its parent', async () => {
  const nodes = await store.read(`
    SELECT tool_call_id AS id, tool_name AS title, toString(round(duration_ns / 1e6)) AS mainstat,
      toFloat64(is_error) AS arc__failed, 1 - arc__failed AS arc__ok
    FROM tool_edges WHERE tenant_id = 'default' AND task_id = 'task_9b2e'`)
  const edges = await store.read(`
    SELECT concat(parent_tool_call_id, tool_call_id) AS id, parent_tool_call_id AS source, tool_call_id AS target
    FROM tool_edges WHERE tenant_id = 'default' AND task_id = 'task_9b2e' AND parent_tool_call_id != ''`)
  expect([nodes, edges]).toEqual([
    [{ id: 'call_2', title: 'run_tests', mainstat: '20', arc__failed: 1, arc__ok: 0 }],
    [{ id: 'call_1call_2', source: 'call_1', target: 'call_2' }],
  ])
})
