import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '@sandglass/schemas/migrate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, type Loaded } from './load.ts'

const DAYS = 3
let engine: TestEmbedded
let loaded: Loaded

async function numbers(query: string): Promise<readonly number[]> {
  const result = await engine.writeClient.query({ query, format: 'JSONCompactEachRow' })
  const [row = []] = await result.json<readonly unknown[]>()
  return row.map(Number)
}

beforeAll(async () => {
  engine = await startTestEmbedded()
  await migrate(engine.writeClient)
  const options = { client: engine.writeClient, seed: 5, baseSpans: 1500, endMs: Date.now(), days: DAYS }
  loaded = await load({ ...options, spans: 8000 })
}, 120_000)
afterAll(() => engine.stop())

describe('a loaded history', () => {
  it('has the spans it says, the same number every day, each with an id of its own', async () => {
    const [spans, ids, days] = await numbers(
      'SELECT count(), uniqExact(SpanId), uniqExact(toDate(Timestamp)) FROM otel_traces',
    )
    expect(spans).toBe(loaded.spans)
    expect(spans).toBeGreaterThanOrEqual(8000)
    expect(ids).toBe(spans)
    expect(days).toBeGreaterThanOrEqual(DAYS)
  })

  it('keeps the ties between spans, events and tasks', async () => {
    const spanIds = 'SELECT TraceId, TaskId, SpanId FROM otel_traces'
    const [orphans, parents] = await numbers(
      `SELECT countIf((TraceId, TaskId, ParentSpanId) NOT IN (${spanIds})), count() FROM otel_traces WHERE ParentSpanId != ''`,
    )
    const [astray, files] = await numbers(
      `SELECT countIf((TraceId, TaskId, SpanId) NOT IN (${spanIds})), count() FROM otel_logs WHERE EventName = 'sandbox.file.mutated' AND SpanId != ''`,
    )
    const [foreign, usage] = await numbers(
      'SELECT countIf(NOT has(task_ids, task_id)), count() FROM usage_intervals WHERE notEmpty(task_ids)',
    )
    expect([orphans, astray, foreign]).toEqual([0, 0, 0])
    expect(Math.min(parents ?? 0, files ?? 0, usage ?? 0)).toBeGreaterThan(100)
  })

  it('leaves no mark of the copying in any text', async () => {
    const marks = '[\\x01-\\x1f\\x7f]'
    const [spans] = await numbers(
      `SELECT countIf(match(concat(TraceId, SpanId, ParentSpanId, SandboxId, TaskId, PromptId, ToolCallId, toString(SpanAttributesRest), toString(Links.SpanId)), '${marks}')) FROM otel_traces`,
    )
    const [events] = await numbers(
      `SELECT countIf(match(concat(TraceId, SpanId, SandboxId, TaskId, PromptId, toString(LogAttributesRest), toString(Charges.TaskId)), '${marks}')) FROM otel_logs`,
    )
    expect([spans, events]).toEqual([0, 0])
  })

  it('holds what views made of every event: money and intervals lie where the events say', async () => {
    const [charged] = await numbers('SELECT sum(arraySum(Charges.CostUsd)) FROM otel_logs')
    const [spent] = await numbers('SELECT sum(cost_usd) FROM spend_by_minute')
    expect(spent).toBeGreaterThan(1)
    expect(spent).toBe(charged)
    const [apart, intervals] = await numbers(
      "SELECT countIf(abs(dateDiff('second', interval_end, time)) > 1), count() FROM usage_intervals",
    )
    expect(apart).toBe(0)
    expect(intervals).toBeGreaterThan(100)
  })
})
