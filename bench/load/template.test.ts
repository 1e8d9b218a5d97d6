import { expect, test } from 'vitest'
import { createTranscoder } from '../../collector/src/transcode/transcoder.ts'
import { readBlock, type Row } from '../../collector/src/transcode/testing/read-block.ts'
import { createBodies, type LoadEncoding } from './bodies.ts'
import { createTemplate, vary } from './template.ts'

const SPANS = 64
const TEMPLATES = 4
const NS_PER_MS = 1_000_000n

const COUNTS = { templateSpans: SPANS * TEMPLATES, gzipped: 0 }

/** Rows of as many requests as are taken, given back after each so that bodies are used again. */
async function rowsOf(encoding: LoadEncoding, count: number): Promise<readonly (readonly Row[])[]> {
  const bodies = await createBodies({ encoding, spansPerRequest: SPANS }, COUNTS)
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const context = { tenantId: 'bench', receivedAtMs: Date.now() }
  return Array.from({ length: count }, () => {
    const body = bodies.take()
    if (body === undefined || encoding === 'gzip') throw new Error('no body')
    transcoder.append('traces', encoding, body.bytes, context)
    bodies.giveBack(body)
    return readBlock(transcoder.take('otel_traces')?.bytes ?? new Uint8Array())
  })
}

const REQUESTS = TEMPLATES * 50

test('no two spans that are sent share an id, however often a body is used again', async () => {
  const rows = (await rowsOf('protobuf', REQUESTS)).flat()
  expect(rows).toHaveLength(REQUESTS * SPANS)
  expect(new Set(rows.map((row) => row['SpanId'])).size).toBe(REQUESTS * SPANS)
})

test('half of a span id tells the span apart from every other of the load', async () => {
  const rows = (await rowsOf('protobuf', TEMPLATES)).flat()
  expect(new Set(rows.map((row) => String(row['SpanId']).slice(8))).size).toBe(TEMPLATES * SPANS)
})

test('a body that is used again names other traces, tasks and tool calls, and keeps its spans together', async () => {
  const all = await rowsOf('protobuf', REQUESTS)
  const [first, again] = [all[0] ?? [], all[TEMPLATES] ?? []]
  expect(again.map((row) => row['SpanName'])).toEqual(first.map((row) => row['SpanName']))
  for (const column of ['TraceId', 'TaskId', 'ToolCallId', 'PromptId']) {
    const [before, after] = [first, again].map((rows) => new Set(rows.map((row) => row[column])))
    expect(after?.size, column).toBe(before?.size)
    expect(
      [...(before ?? [])].filter((id) => after?.has(id)),
      column,
    ).toEqual([])
  }
})

test('spans begin just before they are sent and keep their durations', async () => {
  const before = BigInt(Date.now() - 3_000) * NS_PER_MS
  const [rows = []] = await rowsOf('protobuf', 1)
  const after = BigInt(Date.now()) * NS_PER_MS
  for (const row of rows) {
    expect(row['Timestamp']).toBeGreaterThan(before)
    expect(row['Timestamp']).toBeLessThan(after)
    expect(row['Duration']).toBeLessThan(900n * NS_PER_MS)
  }
})

test('times are exact at every moment, also where their lower 32 bits overflow', () => {
  const durationNs = 900_000_000n
  const body = Buffer.alloc(16)
  body.writeBigUInt64LE(1n, 0)
  body.writeBigUInt64LE(1n + durationNs, 8)
  const template = createTemplate(body, { binary: [], hex: [], times: [0, 8] })
  const firstMs = Date.UTC(2026, 10, 23)
  for (let startMs = firstMs; startMs < firstMs + 10_000; startMs += 100) {
    vary(template, 1, startMs)
    expect(body.readBigUInt64LE(0)).toBe(BigInt(startMs) * NS_PER_MS)
    expect(body.readBigUInt64LE(8)).toBe(BigInt(startMs) * NS_PER_MS + durationNs)
  }
})
