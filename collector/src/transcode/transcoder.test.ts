import { attr, event } from '@sandglass/schemas/semconv'
import { describe, expect, test } from 'vitest'
import { createSandboxRegistry } from '../enrich/sandbox-registry.ts'
import { DecodeError } from '../otlp/decode-error.ts'
import { encodeLogs, encodeTraces } from '../otlp/testing/messages.ts'
import type { KeyValueJson, LogRecordJson, SpanJson } from '../otlp/testing/otlp-json.ts'
import { readBlock, type Row } from './testing/read-block.ts'
import { createTranscoder, type CountingTranscoder, type TranscoderOptions } from './transcoder.ts'

const NOW_MS = 1_793_000_000_000
const NOW_NS = `${NOW_MS}000000`
const context = { tenantId: 'acme', receivedAtMs: NOW_MS }

const create = (options: Partial<TranscoderOptions> = {}): CountingTranscoder =>
  createTranscoder({ sandboxes: { find: () => undefined }, ...options })
const attribute = (key: string, stringValue: string): KeyValueJson => ({ key, value: { stringValue } })
const spansBody = (...spans: readonly SpanJson[]): Uint8Array =>
  encodeTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const logsBody = (...logRecords: readonly LogRecordJson[]): Uint8Array =>
  encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
const spanJson = (span: SpanJson): Uint8Array =>
  Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))

function spanRows(transcoder: CountingTranscoder): Row[] {
  const block = transcoder.take('otel_traces')
  return block ? readBlock(block.bytes) : []
}

function storedSpan(span: SpanJson, options: Partial<TranscoderOptions> = {}): Row | undefined {
  const transcoder = create(options)
  transcoder.append('traces', 'protobuf', spansBody(span), context)
  return spanRows(transcoder)[0]
}

function storedLog(record: LogRecordJson, options: Partial<TranscoderOptions> = {}): Row | undefined {
  const transcoder = create(options)
  transcoder.append('logs', 'protobuf', logsBody(record), context)
  const block = transcoder.take('otel_logs')
  return block ? readBlock(block.bytes)[0] : undefined
}

describe('appending', () => {
  test('the tenant is that of the request, whatever the payload says', () => {
    const row = storedSpan({
      attributes: [attribute('TenantId', 'other'), attribute('sandglass.tenant.id', 'other')],
    })
    expect(row?.['TenantId']).toBe('acme')
  })

  test('an empty request, and for JSON an empty body, has no rows', () => {
    const transcoder = create()
    const nothing = { rows: 0, rejected: 0 }
    expect(transcoder.append('traces', 'protobuf', new Uint8Array(0), context)).toEqual(nothing)
    expect(transcoder.append('logs', 'json', new Uint8Array(0), context)).toEqual(nothing)
    expect(transcoder.append('logs', 'json', Buffer.from('{}'), context)).toEqual(nothing)
    expect([transcoder.openBytes('otel_traces'), transcoder.take('otel_traces')]).toEqual([0, undefined])
  })

  test('a block holds the rows of every request since the one before, and knows its size', () => {
    const transcoder = create()
    for (const name of ['a', 'b']) transcoder.append('traces', 'protobuf', spansBody({ name }), context)
    const open = transcoder.openBytes('otel_traces')
    const block = transcoder.take('otel_traces')
    expect(block?.rows).toBe(2)
    expect(Math.abs(open - (block?.bytes.length ?? 0))).toBeLessThan(20)
    transcoder.append('traces', 'protobuf', spansBody({ name: 'c' }), context)
    expect(spanRows(transcoder).map((row) => row['SpanName'])).toEqual(['c'])
  })

  test.each(['protobuf', 'json'] as const)(
    'names of attributes survive that the memory of a %s body is used again',
    (encoding) => {
      const transcoder = create()
      const memory = Buffer.alloc(1024)
      const stored = ['first.name', 'other.name'].map((name) => {
        const span = { attributes: [attribute(name, 'value')] }
        const body = encoding === 'json' ? spanJson(span) : spansBody(span)
        memory.set(body)
        transcoder.append('traces', encoding, memory.subarray(0, body.length), context)
        return spanRows(transcoder)[0]?.['SpanAttributesRest']
      })
      expect(stored).toEqual([[['first.name', 'value']], [['other.name', 'value']]])
    },
  )

  test('a block stays as it is while the next one is filled', () => {
    const transcoder = create()
    transcoder.append('traces', 'protobuf', spansBody({ name: 'first' }), context)
    const block = transcoder.take('otel_traces')
    const before = Buffer.from(block?.bytes ?? [])
    transcoder.append('traces', 'protobuf', spansBody({ name: 'second' }), context)
    transcoder.openBytes('otel_traces')
    expect(Buffer.from(block?.bytes ?? []).equals(before)).toBe(true)
  })

  test('a malformed body appends nothing and counts nothing', () => {
    const transcoder = create()
    transcoder.append('traces', 'protobuf', spansBody({ name: 'kept' }), context)
    const counts = { ...transcoder.counts }
    const good = spansBody({ name: 'lost' }, { name: 'lost too' })
    const cut = good.subarray(0, good.length - 1)
    expect(() => transcoder.append('traces', 'protobuf', cut, context)).toThrow(DecodeError)
    expect(() => transcoder.append('traces', 'json', Buffer.from('{"resourceSpans":[{'), context)).toThrow(
      DecodeError,
    )
    expect(transcoder.counts).toEqual(counts)
    expect(spanRows(transcoder).map((row) => row['SpanName'])).toEqual(['kept'])
  })

  test.each(['', '00', 'ab'.repeat(15), 'zz'.repeat(16)])(
    'a JSON span whose trace id is "%s" is stored without it or rejected alone, with a reason',
    (traceId) => {
      const transcoder = create()
      const accepted = transcoder.append('traces', 'json', spanJson({ traceId, name: 'a' }), context)
      expect(accepted.rows + accepted.rejected).toBe(1)
      expect(accepted.rejected === 1).toBe(traceId !== '')
      expect(accepted.reason === undefined).toBe(traceId === '')
    },
  )

  test('a record with a bad id is rejected, its neighbours are stored', () => {
    const transcoder = create()
    const body = spansBody(
      { name: 'a' },
      { name: 'b', spanId: 'abcd' },
      { name: 'c' },
      { links: [{ traceId: 'ab' }] },
    )
    const accepted = transcoder.append('traces', 'protobuf', body, context)
    expect(accepted).toEqual({ rows: 2, rejected: 2, reason: 'the id of a span has 2 bytes, not 8' })
    expect(spanRows(transcoder).map((row) => row['SpanName'])).toEqual(['a', 'c'])
  })
})

describe('attributes', () => {
  test('the first value of a promoted name that is not empty goes to its column, later ones stay in the map', () => {
    const row = storedSpan({
      attributes: [
        attribute(attr.taskId, ''),
        attribute(attr.taskId, 'first'),
        attribute(attr.taskId, 'second'),
      ],
    })
    expect([row?.['TaskId'], row?.['SpanAttributesRest']]).toEqual(['first', [[attr.taskId, 'second']]])
  })

  test.each([
    [{ intValue: '-7' }, '-7'],
    [{ intValue: '9223372036854775807' }, '9223372036854775807'],
    [{ doubleValue: 1.5 }, '1.5'],
    [{ doubleValue: 1e21 }, '1e+21'],
    [{ boolValue: true }, 'true'],
    [{ bytesValue: 'AQI=' }, 'AQI='],
    [{ arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, {}] } }, '["a",1,null]'],
    [
      { kvlistValue: { values: [{ key: 'b', value: { boolValue: true } }, { key: 'a' }] } },
      '{"a":null,"b":true}',
    ],
    [{ doubleValue: 'NaN' }, 'NaN'],
    [{ arrayValue: { values: [{ doubleValue: 'Infinity' }] } }, ''],
  ])(
    'the value %j of a promoted name and of another is stored as the exporter writes it: %s',
    (value, text) => {
      const row = storedSpan({
        attributes: [
          { key: 'plain', value },
          { key: attr.taskId, value },
        ],
      })
      expect([row?.['SpanAttributesRest'], row?.['TaskId']]).toEqual([[['plain', text]], text])
    },
  )

  test('a record without a value of its own has that of its resource', () => {
    const transcoder = create()
    const resource = {
      attributes: [attribute(attr.teamId, 'payments'), attribute(attr.serviceName, 'agent')],
    }
    const spans = [{ attributes: [attribute(attr.teamId, 'own')] }, {}]
    transcoder.append(
      'traces',
      'protobuf',
      encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
      context,
    )
    const rows = spanRows(transcoder)
    expect(rows.map((row) => [row['TeamId'], row['ServiceName']])).toEqual([
      ['own', 'agent'],
      ['payments', 'agent'],
    ])
  })
})

describe('times', () => {
  const stored = (startTimeUnixNano: string): unknown => storedSpan({ startTimeUnixNano })?.['Timestamp']
  const DAY_NS = 86_400_000_000_000n

  test('inside retention and the next hour stay, others are clamped, missing ones are when the request came', () => {
    const now = BigInt(NOW_NS)
    expect(stored(String(now - 29n * DAY_NS))).toBe(now - 29n * DAY_NS)
    expect(stored(String(now - 31n * DAY_NS))).toBe(now - 30n * DAY_NS)
    expect(stored(String(now + DAY_NS))).toBe(now + DAY_NS / 24n)
    expect(stored('18446744073709551615')).toBe(now + DAY_NS / 24n)
    expect(stored('0')).toBe(now)
  })

  test('ten thousand days in one request are one month of partitions, and counted', () => {
    const transcoder = create()
    const days = Array.from({ length: 10_000 }, (_, day) => String(BigInt(day + 1) * DAY_NS))
    const body = spansBody(...days.map((startTimeUnixNano) => ({ startTimeUnixNano })))
    transcoder.append('traces', 'protobuf', body, context)
    expect(new Set(spanRows(transcoder).map((row) => row['Timestamp'])).size).toBe(1)
    expect(transcoder.counts.timestampsClamped).toBe(10_000)
  })
})

describe('sandboxes', () => {
  test('a record that carries an id only is completed from the events before it, unknown ones stay empty and are counted', () => {
    const registry = createSandboxRegistry(() => NOW_MS)
    const transcoder = create({ sandboxes: registry })
    const started = {
      eventName: event.taskStarted,
      attributes: [
        attribute(attr.sandboxId, 'sb'),
        attribute(attr.teamId, 'payments'),
        attribute(attr.taskId, 'task_1'),
        attribute(attr.taskClass, 'code_fix'),
        attribute(attr.tier, 'C'),
        attribute(attr.instanceType, 'lite'),
      ],
    }
    transcoder.append('logs', 'protobuf', logsBody(started), context)
    const named = (id: string): SpanJson => ({ attributes: [attribute(attr.sandboxId, id)] })
    transcoder.append('traces', 'protobuf', spansBody(named('sb'), named('other')), context)
    const rows = spanRows(transcoder)
    expect(
      rows.map((row) => [row['TeamId'], row['TaskId'], row['TrustTier'], row['SpanAttributesRest']]),
    ).toEqual([
      ['payments', 'task_1', 'C', [[attr.instanceType, 'lite']]],
      ['', '', '', []],
    ])
    expect([transcoder.counts.recordsCompleted, transcoder.counts.sandboxesUnknown]).toEqual([1, 1])
  })

  test('nothing is learned from a request that is refused, or across tenants', () => {
    const registry = createSandboxRegistry(() => NOW_MS)
    const transcoder = create({ sandboxes: registry })
    const attributes = [attribute(attr.sandboxId, 'sb'), attribute(attr.teamId, 'payments')]
    const body = logsBody({ eventName: event.lifecycleChanged, attributes })
    const broken = Buffer.concat([body, Buffer.from([0xff])])
    expect(() => transcoder.append('logs', 'protobuf', broken, context)).toThrow(DecodeError)
    expect(registry.size).toBe(0)
    transcoder.append('logs', 'protobuf', body, context)
    expect(registry.find('acme', 'sb')?.teamId).toBe('payments')
    expect(registry.find('other', 'sb')).toBeUndefined()
  })

  test('what is used while no task runs names no task', () => {
    const known = {
      teamId: 'payments',
      userId: '',
      taskId: 'task_1',
      taskClass: 'x',
      tier: 'B',
      instanceType: '',
    }
    const attributes = [attribute(attr.sandboxId, 'sb')]
    const row = storedLog(
      { eventName: event.usageMeasured, attributes },
      { sandboxes: { find: () => known } },
    )
    expect([row?.['TeamId'], row?.['TaskId'], row?.['TaskClass']]).toEqual(['payments', '', ''])
  })
})
