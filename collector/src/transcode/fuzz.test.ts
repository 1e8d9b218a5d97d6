/**
 * Damaged requests: never an error but a DecodeError, never a row of a neighbour touched, never memory without bound.
 * `FUZZ_RUNS=20000000 npx vitest run collector/src/transcode/fuzz.test.ts --testTimeout 86400000` is the long run.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../otlp/decode-error.ts'
import { logsRequest, tracesRequest } from '../otlp/testing/arbitrary.ts'
import { encodeLogs, encodeTraces } from '../otlp/testing/messages.ts'
import { mutate } from '../otlp/testing/mutate.ts'
import { seededBelow } from '../otlp/testing/seeded.ts'
import { readBlock, type Row } from './testing/read-block.ts'
import { createTranscoder, type Encoding, type RecordSignal, type Transcoder } from './transcoder.ts'

const NOW_MS = 1_793_000_000_000
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 240_000)
/** Damaged requests between two good ones. */
const RUNS_PER_BLOCK = 500
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
const BODIES = 300
/** Small bodies are damaged where it matters more often, and quickly. */
const BODY_BYTES_MAX = 1500
const RSS_GROWTH_BYTES_MAX = 400 * 1024 * 1024

const context = { tenantId: 'acme', receivedAtMs: NOW_MS }
const tables = { traces: 'otel_traces', logs: 'otel_logs' } as const
const kinds: readonly (readonly [RecordSignal, Encoding])[] = [
  ['traces', 'protobuf'],
  ['traces', 'json'],
  ['logs', 'protobuf'],
  ['logs', 'json'],
]

/** Every other body with the blanks that few senders write: readers take another way through those. */
const json = (request: object, i: number): Uint8Array => Buffer.from(JSON.stringify(request, null, i % 2))
const sample = <T extends object>(request: fc.Arbitrary<T>): T[] =>
  fc.sample(request, { numRuns: BODIES, seed: SEED })

function corpus(signal: RecordSignal, encoding: Encoding): Uint8Array[] {
  const requests = signal === 'traces' ? sample(tracesRequest(NOW_MS)) : sample(logsRequest(NOW_MS))
  const encode = signal === 'traces' ? encodeTraces : encodeLogs
  return requests
    .map((request, i) => (encoding === 'json' ? json(request, i) : encode(request)))
    .filter((body) => body.length > 2 && body.length <= BODY_BYTES_MAX)
}

const canary = (signal: RecordSignal): Uint8Array =>
  signal === 'traces'
    ? encodeTraces({
        resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'canary', traceId: 'ab'.repeat(16) }] }] }],
      })
    : encodeLogs({
        resourceLogs: [
          { scopeLogs: [{ logRecords: [{ eventName: 'canary', body: { stringValue: 'b' } }] }] },
        ],
      })

/** Appends a damaged body; returns its rows, or undefined when it was refused. */
function appendDamaged(
  transcoder: Transcoder,
  signal: RecordSignal,
  encoding: Encoding,
  body: Uint8Array,
): number | undefined {
  const before = transcoder.openBytes(tables[signal])
  const rows = tryAppend(transcoder, signal, encoding, body)
  if (rows !== undefined || transcoder.openBytes(tables[signal]) === before) return rows
  throw new Error('a refused body changed the open block')
}

function tryAppend(
  transcoder: Transcoder,
  signal: RecordSignal,
  encoding: Encoding,
  body: Uint8Array,
): number | undefined {
  try {
    return transcoder.append(signal, encoding, body, context).rows
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

describe.each(kinds)('damaged %s in %s', (signal, encoding) => {
  test('are refused or stored, and nothing else happens', () => {
    const bodies = corpus(signal, encoding)
    const below = seededBelow(SEED)
    const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
    const pick = (): Uint8Array => bodies[below(bodies.length)] ?? new Uint8Array(0)
    const rssBefore = process.memoryUsage().rss
    let refused = 0
    let noJsonStored = 0
    for (let run = 0; run < RUNS / kinds.length; run += RUNS_PER_BLOCK) {
      let stored = 0
      transcoder.append(signal, 'protobuf', canary(signal), context)
      for (let i = 0; i < RUNS_PER_BLOCK; i++) {
        const body = mutate(pick(), pick(), below)
        const rows = appendDamaged(transcoder, signal, encoding, body)
        stored += rows ?? 0
        refused += rows === undefined ? 1 : 0
        if (encoding === 'json' && rows !== undefined && !isJson(body)) noJsonStored++
      }
      transcoder.append(signal, 'protobuf', canary(signal), context)
      const rows = readBlock(transcoder.take(tables[signal])?.bytes ?? new Uint8Array(0))
      expect([rows.length, rows.at(0), rows.at(-1)]).toEqual([
        stored + 2,
        canaryRow(signal),
        canaryRow(signal),
      ])
    }
    expect(noJsonStored).toBe(0)
    expect(refused).toBeGreaterThan(RUNS / kinds.length / 20)
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(RSS_GROWTH_BYTES_MAX)
  })
})

const canaryRows = new Map<RecordSignal, Row | undefined>()

function canaryRow(signal: RecordSignal): Row | undefined {
  if (!canaryRows.has(signal)) {
    const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
    transcoder.append(signal, 'protobuf', canary(signal), context)
    canaryRows.set(signal, readBlock(transcoder.take(tables[signal])?.bytes ?? new Uint8Array(0))[0])
  }
  return canaryRows.get(signal)
}

const fatal = new TextDecoder()

function isJson(body: Uint8Array): boolean {
  const text = fatal.decode(body)
  if (text.trim() === '') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
