import { afterAll, beforeAll, expect, test } from 'vitest'
import { poll, selectNumber } from '../../collector/src/testing/test-collector.ts'
import { logsRequest, tracesRequest } from './cloudflare-export.ts'
import { startStack, type Stack } from './stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
})

afterAll(() => stack.stop())

const post = (path: string, body: string): Promise<Response> =>
  fetch(`${stack.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })

test.each(['/v1/traces', '/v1/logs'])(
  'the preflight of a destination, an empty POST to %s, gets a 2xx',
  async (path) => {
    expect((await fetch(`${stack.url}${path}`, { method: 'POST' })).status).toBe(200)
    expect((await post(path, '')).status).toBe(200)
    expect((await post(path, '{}')).status).toBe(200)
  },
)

test('spans of an invocation arrive once, with their tree, the sandbox and the order', async () => {
  const body = JSON.stringify(tracesRequest('sandbox-of-cloudflare', Date.now()))
  const response = await post('/v1/traces', body)
  expect([response.status, await response.json()]).toEqual([200, {}])
  expect((await post('/v1/traces', body)).status).toBe(200)
  expect(await stack.arrived('agent-worker', 3)).toEqual({ spans: 3, distinctSpans: 3 })
  const result = await stack.client.query({
    query: `
      SELECT SpanName, SpanKind, ParentSpanId = '' AS isRoot, SandboxId,
        SpanAttributes['cloudflare.invocation.sequence.number'] AS sequence,
        ResourceAttributes['cloudflare.script_name'] AS script
      FROM otel_traces ORDER BY sequence`,
    format: 'JSONEachRow',
  })
  const script = 'agent-worker'
  expect(await result.json()).toEqual([
    { SpanName: 'fetch', SpanKind: 'Server', isRoot: 1, SandboxId: '', sequence: '0', script },
    {
      SpanName: 'durable_object_subrequest',
      SpanKind: 'Client',
      isRoot: 0,
      SandboxId: '',
      sequence: '1',
      script,
    },
    {
      SpanName: 'sandbox.exec',
      SpanKind: 'Internal',
      isRoot: 0,
      SandboxId: 'sandbox-of-cloudflare',
      sequence: '2',
      script,
    },
  ])
})

test('lines of console.log arrive, once', async () => {
  const message = `checkout of ${Date.now()} done`
  expect((await post('/v1/logs', JSON.stringify(logsRequest(message, Date.now())))).status).toBe(200)
  const stored = `SELECT count() FROM otel_logs WHERE Body = '${message}' AND SeverityText = 'INFO' AND ServiceName = 'agent-worker'`
  expect(
    await poll(
      () => selectNumber(stack.client, stored),
      (found) => found > 0,
    ),
  ).toBe(1)
})
