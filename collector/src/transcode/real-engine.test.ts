import { migrate } from '@sandglass/schemas/migrate'
import { attr, event } from '@sandglass/schemas/semconv'
import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSandboxes } from '../clickhouse/refresh-sandboxes.ts'
import { createSandboxRegistry } from '../enrich/sandbox-registry.ts'
import { encodeLogs, encodeTraces } from '../otlp/testing/messages.ts'
import { createTranscoder, type NativeBlock } from './transcoder.ts'

const nowMs = Date.now()
const nowNs = `${nowMs}000000`
const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const context = { tenantId: 'acme', receivedAtMs: nowMs }

let clickhouse: TestEmbedded
beforeAll(async () => {
  clickhouse = await startTestEmbedded()
  await migrate(clickhouse.writeClient)
})
afterAll(() => clickhouse.stop())

async function insert(table: string, block: NativeBlock | undefined): Promise<void> {
  const url = new URL(clickhouse.writeUrl)
  url.searchParams.set('query', `INSERT INTO ${table} FORMAT Native`)
  const authorization = Buffer.from(`${clickhouse.username}:${clickhouse.password}`).toString('base64')
  const headers = { authorization: `Basic ${authorization}` }
  const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(block?.bytes ?? []) })
  if (!answer.ok) throw new Error(await answer.text())
}

async function select(query: string): Promise<unknown> {
  const answer = await clickhouse.writeClient.query({ query, format: 'JSONEachRow' })
  return answer.json()
}

describe('blocks of the transcoder in the real engine', () => {
  test('a span is stored under the columns of the exporter, with its promoted attributes in both places', async () => {
    const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
    const span = {
      traceId: 'ab'.repeat(16),
      spanId: '0c'.repeat(8),
      name: 'git',
      kind: 3,
      startTimeUnixNano: nowNs,
      endTimeUnixNano: `${nowMs}000007`,
      attributes: [attribute(attr.taskId, 'task_1'), attribute('plain', 'value')],
      events: [{ timeUnixNano: nowNs, name: 'retry', attributes: [attribute('n', '1')] }],
      links: [{ traceId: '01'.repeat(16), spanId: '02'.repeat(8), traceState: 'a=b' }],
      status: { code: 2, message: 'exit code 1' },
    }
    const scope = { name: 'sdk', version: '1' }
    const resource = { attributes: [attribute(attr.serviceName, 'agent')] }
    const body = encodeTraces({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span, {}] }] }] })
    expect(transcoder.append('traces', 'protobuf', body, context)).toEqual({ rows: 2, rejected: 0 })
    await insert('otel_traces', transcoder.take('otel_traces'))
    expect(
      await select(`SELECT TenantId, TaskId, TraceId, SpanId, SpanName, SpanKind, StatusCode, StatusMessage, ServiceName,
        toUInt32(Duration) AS Duration, SpanAttributes, toString(toUnixTimestamp64Nano(Timestamp)) AS Timestamp,
        Events.Name AS events, Links.SpanId AS links, Links.TraceState AS states
        FROM otel_traces WHERE SpanName = 'git'`),
    ).toEqual([
      {
        TenantId: 'acme',
        TaskId: 'task_1',
        TraceId: 'ab'.repeat(16),
        SpanId: '0c'.repeat(8),
        SpanName: 'git',
        SpanKind: 'Client',
        StatusCode: 'Error',
        StatusMessage: 'exit code 1',
        ServiceName: 'agent',
        Duration: 7,
        SpanAttributes: { [attr.taskId]: 'task_1', plain: 'value' },
        Timestamp: nowNs,
        events: ['retry'],
        links: ['02'.repeat(8)],
        states: ['a=b'],
      },
    ])
    expect(await select('SELECT toUInt32(count()) AS rows FROM otel_traces')).toEqual([{ rows: 2 }])
  })

  test('a log record is stored with the exact charges its event was priced at', async () => {
    const charge = { taskId: 't', sku: 'cpu', quantity: 1_500_000_000_000n, unit: 's', costUsd: -3n }
    const price = () => ({ priceVersion: '2026-11', charges: [charge, { ...charge, costUsd: 10n ** 30n }] })
    const transcoder = createTranscoder({ sandboxes: { find: () => undefined }, price })
    const record = {
      timeUnixNano: nowNs,
      eventName: 'sandbox.usage.measured',
      body: { stringValue: 'hello' },
    }
    const body = encodeLogs({
      resourceLogs: [{ scopeLogs: [{ logRecords: [record, { body: { intValue: 5 } }] }] }],
    })
    expect(transcoder.append('logs', 'protobuf', body, context)).toEqual({ rows: 2, rejected: 0 })
    await insert('otel_logs', transcoder.take('otel_logs'))
    expect(
      await select(`SELECT Body, EventName, Charges.Sku AS skus, arrayMap(x -> toString(x), Charges.Quantity) AS quantities,
        arrayMap(x -> toString(x), Charges.CostUsd) AS costs, PriceVersion FROM otel_logs ORDER BY Body DESC`),
    ).toEqual([
      {
        Body: 'hello',
        EventName: 'sandbox.usage.measured',
        skus: ['cpu', 'cpu'],
        quantities: ['1.5', '1.5'],
        costs: ['-0.000000000003', '1000000000000000000'],
        PriceVersion: '2026-11',
      },
      { Body: '5', EventName: '', skus: [], quantities: [], costs: [], PriceVersion: '' },
    ])
  })

  test('what one collector stored of a sandbox, another learns from ClickHouse', async () => {
    const started = {
      timeUnixNano: nowNs,
      eventName: event.taskStarted,
      attributes: [
        attribute(attr.sandboxId, 'sb_1'),
        attribute(attr.teamId, 'payments'),
        attribute(attr.taskId, 'task_1'),
        attribute(attr.taskClass, 'code_fix'),
        attribute(attr.tier, 'B'),
        attribute(attr.instanceType, 'lite'),
      ],
    }
    const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
    const body = encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords: [started] }] }] })
    transcoder.append('logs', 'protobuf', body, context)
    await insert('otel_logs', transcoder.take('otel_logs'))
    const registry = createSandboxRegistry(() => nowMs)
    await readSandboxes(clickhouse.writeClient, registry, nowMs - 1)
    expect(registry.find('acme', 'sb_1')).toEqual({
      teamId: 'payments',
      userId: '',
      taskId: 'task_1',
      taskClass: 'code_fix',
      tier: 'B',
      instanceType: 'lite',
    })
  })
})
