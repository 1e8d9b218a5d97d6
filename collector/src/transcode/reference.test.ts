/** The transcoder against the reference: every column of every row, over generated requests in both encodings. */
import type { CollectorTable } from '@sandglass/schemas/tables'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SandboxContext } from '../enrich/sandbox-context.ts'
import { logsRequest, tracesRequest } from '../otlp/testing/arbitrary.ts'
import { encodeLogs, encodeTraces, LogsRequest, TracesRequest } from '../otlp/testing/messages.ts'
import { scrambleJson } from '../otlp/testing/scramble-json.ts'
import { type Below, scrambleWire } from '../otlp/testing/scramble-wire.ts'
import { seededBelow } from '../otlp/testing/seeded.ts'
import { defaultLimits, type TranscodeLimits } from './limits.ts'
import { readBlock, type Row } from './testing/read-block.ts'
import { referenceLogs, type ReferenceOptions, referenceTraces } from './testing/reference-rows.ts'
import { createTranscoder, type RequestContext } from './transcoder.ts'

const NOW_MS = 1_793_000_000_123
const RUNS = 150

const context: RequestContext = { tenantId: 'acme', receivedAtMs: NOW_MS }
const known: SandboxContext = {
  teamId: 'payments',
  userId: '',
  taskId: 'task_1',
  taskClass: 'code_fix',
  tier: 'B',
  instanceType: 'lite',
}
/** Half of the sandboxes are known, of one tenant. */
const findSandbox = (tenantId: string, id: string): SandboxContext | undefined =>
  tenantId === 'acme' && id.length % 2 === 0 ? known : undefined

const tight: Partial<TranscodeLimits> = {
  textBytesMax: 48,
  nameBytesMax: 20,
  attributesMax: 4,
  eventsMax: 2,
  resourceBytesMax: 60,
}

describe.each([
  ['the default limits', {}],
  ['tight limits', tight],
])('with %s', (_, limits) => {
  const options: ReferenceOptions = {
    ...context,
    limits: { ...defaultLimits, ...limits },
    findSandbox: (id) => findSandbox('acme', id),
  }
  const transcoder = createTranscoder({ sandboxes: { find: findSandbox }, limits })

  test('spans of protobuf requests become the rows of the reference', () => {
    check(tracesRequest(NOW_MS), (requests, below) => {
      transcoder.take('otel_traces')
      for (const request of requests) {
        const body = scrambleWire(TracesRequest, encodeTraces(request), below)
        transcoder.append('traces', 'protobuf', body, context)
      }
      expect(stored('otel_traces')).toEqual(requests.flatMap((request) => referenceTraces(request, options)))
    })
  })

  test('spans of JSON requests become the rows of the reference', () => {
    check(tracesRequest(NOW_MS), (requests, below) => {
      transcoder.take('otel_traces')
      for (const request of requests) {
        transcoder.append('traces', 'json', Buffer.from(scrambleJson(request, below)), context)
      }
      expect(stored('otel_traces')).toEqual(requests.flatMap((request) => referenceTraces(request, options)))
    })
  })

  test('log records of protobuf requests become the rows of the reference', () => {
    check(logsRequest(NOW_MS), (requests, below) => {
      transcoder.take('otel_logs')
      for (const request of requests) {
        const body = scrambleWire(LogsRequest, encodeLogs(request), below)
        transcoder.append('logs', 'protobuf', body, context)
      }
      expect(stored('otel_logs')).toEqual(requests.flatMap((request) => referenceLogs(request, options)))
    })
  })

  test('log records of JSON requests become the rows of the reference', () => {
    check(logsRequest(NOW_MS), (requests, below) => {
      transcoder.take('otel_logs')
      for (const request of requests) {
        transcoder.append('logs', 'json', Buffer.from(scrambleJson(request, below)), context)
      }
      expect(stored('otel_logs')).toEqual(requests.flatMap((request) => referenceLogs(request, options)))
    })
  })

  function stored(table: CollectorTable): Row[] {
    const block = transcoder.take(table)
    return block ? readBlock(block.bytes) : []
  }
})

function check<T>(request: fc.Arbitrary<T>, property: (requests: readonly T[], below: Below) => void): void {
  const several = fc.array(request, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(several, fc.nat(), (requests, seed) => property(requests, seededBelow(seed))),
    { numRuns: RUNS },
  )
}
