import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { startAgentWorker, type AgentWorker } from '@sandglass/example-agent-worker/local'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startAllInOne, type RunningStack } from './all-in-one.ts'
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.ts'

const TEST_MS_MAX = 180_000

let dataDir: string
let stack: RunningStack
let proxy: RecordingProxy
let worker: AgentWorker

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sandglass-kill-'))
  stack = await startAllInOne(dataDir)
  proxy = await startRecordingProxy(() => stack.otlpUrl)
  worker = await startAgentWorker({ otlpEndpoint: proxy.url, governorSecret: 'g'.repeat(40) })
}, TEST_MS_MAX)

afterAll(async () => {
  await worker.stop()
  await proxy.stop()
  await stack.stop()
  await rm(dataDir, { recursive: true, force: true })
}, TEST_MS_MAX)

test(
  'the all-in-one is killed (-9) while agents work: after a restart nothing acknowledged is missing and nothing is doubled',
  { timeout: TEST_MS_MAX },
  async () => {
    const agents = Promise.all([worker.runAgent('code-fix'), worker.runAgent('untrusted-prompt')])
    await vi.waitUntil(() => proxy.acknowledged.size >= 5, { timeout: 60_000 })
    const before = proxy.acknowledged.size
    await stack.kill()
    stack = await startAllInOne(dataDir)
    const results = await agents
    await worker.drain()

    expect(results.map(({ outcome }) => outcome)).toEqual(['success', 'success'])
    expect(before).toBeGreaterThan(0)
    expect(proxy.acknowledged.size).toBeGreaterThan(before)
    await vi.waitFor(async () => expect(missing(await storedSpans())).toEqual([]), {
      timeout: 60_000,
      interval: 200,
    })
    const stored = await storedSpans()
    expect(stored.length, 'spans stored more than once').toBe(new Set(stored).size)
  },
)

const missing = (stored: readonly string[]): readonly string[] => {
  const known = new Set(stored)
  return [...proxy.acknowledged].filter((id) => !known.has(id))
}

async function storedSpans(): Promise<readonly string[]> {
  const client = createClient({ url: stack.readUrl })
  try {
    const result = await client.query({
      query: "SELECT concat(TraceId, ':', SpanId) AS id FROM otel_traces WHERE SandboxId != ''",
      format: 'JSONEachRow',
    })
    return (await result.json<{ id: string }>()).map(({ id }) => id)
  } finally {
    await client.close()
  }
}
