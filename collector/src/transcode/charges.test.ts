import { attr, event } from '@sandglass/schemas/semconv'
import { describe, expect, test } from 'vitest'
import { unknownContext } from '../enrich/sandbox-context.ts'
import { encodeLogs } from '../otlp/testing/messages.ts'
import type { KeyValueJson, LogRecordJson } from '../otlp/testing/otlp-json.ts'
import type { Price } from './price.ts'
import { readBlock } from './testing/read-block.ts'
import { createTranscoder, type CountingTranscoder } from './transcoder.ts'

const NOW_MS = 1_793_000_000_000
const NOW_NS = `${NOW_MS}000000`
const context = { tenantId: 'acme', receivedAtMs: NOW_MS }

const create = (price: Price): CountingTranscoder =>
  createTranscoder({ sandboxes: { find: () => undefined }, price })
const attribute = (key: string, stringValue: string): KeyValueJson => ({ key, value: { stringValue } })
const logsBody = (...logRecords: readonly LogRecordJson[]): Uint8Array =>
  encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })

describe('charges', () => {
  const seen: unknown[] = []
  const price: Price = (eventName, attributes, timestampMs) => {
    seen.push([eventName, attributes, timestampMs])
    if (attributes.has('bad')) throw new Error('no price')
    return { priceVersion: 'v1', charges: [{ taskId: 't', sku: 's', quantity: 1n, unit: 'u', costUsd: -1n }] }
  }
  const attributes = [
    attribute('text', 'x'),
    { key: 'int', value: { intValue: '5' } },
    { key: 'double', value: { doubleValue: 0.5 } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { doubleValue: 2 }] } } },
  ]
  const values = new Map<string, unknown>([
    ['text', 'x'],
    ['int', 5n],
    ['double', 0.5],
    ['list', ['a', 2]],
  ])

  test.each(['protobuf', 'json'] as const)(
    'an event that carries money is priced once, from typed values, in %s',
    (encoding) => {
      seen.length = 0
      const transcoder = create(price)
      const record = { timeUnixNano: NOW_NS, eventName: event.inferenceMeasured, attributes }
      const json = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }))
      transcoder.append('logs', encoding, encoding === 'json' ? json : logsBody(record), context)
      expect(seen).toEqual([[event.inferenceMeasured, values, NOW_MS]])
      const row = readBlock(transcoder.take('otel_logs')?.bytes ?? new Uint8Array(2))[0]
      expect([row?.['Charges.CostUsd'], row?.['PriceVersion']]).toEqual([[-1n], 'v1'])
    },
  )

  test('a correction is booked on what its charge was booked on: its sandbox completes nothing', () => {
    const known = { ...unknownContext, teamId: 'payments', taskId: 'task_now', tier: 'B' }
    const transcoder = createTranscoder({ sandboxes: { find: () => known }, price })
    const sandbox = [attribute(attr.sandboxId, 'sb')]
    const records = [event.chargeCorrected, event.fileMutated].map((eventName) => ({
      eventName,
      attributes: sandbox,
    }))
    transcoder.append('logs', 'protobuf', logsBody(...records), context)
    const rows = readBlock(transcoder.take('otel_logs')?.bytes ?? new Uint8Array(2))
    expect(rows.map((row) => [row['TeamId'], row['TaskId'], row['TrustTier']])).toEqual([
      ['', '', ''],
      ['payments', 'task_now', 'B'],
    ])
  })

  test('an event without a price is stored without charges and counted; others are not priced', () => {
    const transcoder = create(price)
    const bad = { eventName: event.usageMeasured, attributes: [attribute('bad', '')] }
    transcoder.append('logs', 'protobuf', logsBody(bad, { eventName: event.taskStarted }), context)
    expect([transcoder.counts.chargesFailed, transcoder.counts.chargesMade]).toEqual([1, 0])
    expect(transcoder.take('otel_logs')?.rows).toBe(2)
  })
})
