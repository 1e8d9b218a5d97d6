import { join } from 'node:path'
import { attr } from '@sandglass/schemas/semconv'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { chainProblems } from '../testing/chain.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'

let receiver: OtlpReceiver
let miniflare: Miniflare
let url: URL

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'worker/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
    logLevel: 'silent',
  })
  miniflare = new Miniflare({
    modules: true,
    script: outputFiles.map(({ text }) => text).join(''),
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: { OTLP_ENDPOINT: receiver.url },
    durableObjects: { BOX: { className: 'Box', useSQLite: true } },
    queueProducers: { OUTBOX: 'outbox' },
    queueConsumers: { outbox: { maxBatchTimeout: 0.1, maxRetries: 10, retryDelay: 0 } },
  })
  url = await miniflare.ready
})
afterEach(() => receiver.answerWith(() => ({ status: 200 })))
afterAll(async () => {
  await miniflare.dispose()
  await receiver.stop()
})

interface Asked {
  readonly box: string
  readonly way: 'none' | 'storage' | 'queue'
}

async function ask(
  path: string,
  asked: Asked,
  names: readonly string[] = [],
): Promise<Record<string, number>> {
  const body = JSON.stringify({ ...asked, names })
  const response = await fetch(new URL(path, url), { method: 'POST', body })
  return (await response.json()) as Record<string, number>
}

const arrived = (prefix: string) =>
  receiver.events.filter(({ attributes }) => String(attributes[attr.secretName]).startsWith(prefix))
const namesOf = (prefix: string): unknown[] =>
  arrived(prefix).map(({ attributes }) => attributes[attr.secretName])

test('without an outbox what a crash met is gone', async () => {
  const asked = { box: 'none', way: 'none' } as const
  await ask('/record', asked, ['none-1'])
  await ask('/crash', asked)
  await ask('/flush', asked)
  expect(namesOf('none')).toEqual([])
})

describe('an outbox in the object’s storage', () => {
  test('brings what a crash met, once, in its chain', async () => {
    const asked = { box: 'crash', way: 'storage' } as const
    await ask('/record', asked, ['crash-1', 'crash-2'])
    await ask('/crash', asked)
    expect(namesOf('crash')).toEqual([])
    await ask('/record', asked, ['crash-3'])
    const stats = await ask('/flush', asked)
    expect(namesOf('crash')).toEqual(['crash-1', 'crash-2', 'crash-3'])
    expect(stats).toMatchObject({ eventsRecorded: 3, eventsAcked: 3, pending: 0 })
    expect(chainProblems(arrived('crash'))).toEqual([])
    await ask('/crash', asked)
    await ask('/flush', asked)
    expect(namesOf('crash')).toHaveLength(3)
  })

  test('sends again byte for byte what a receiver had not taken when it crashed', async () => {
    const asked = { box: 'again', way: 'storage' } as const
    receiver.answerWith(() => ({ status: 503, headers: { 'retry-after': '60' } }))
    const before = receiver.requests.length
    await ask('/record', asked, ['again-1'])
    await ask('/flush', asked)
    await ask('/crash', asked)
    receiver.answerWith(() => ({ status: 200 }))
    await ask('/record', asked, ['again-2'])
    await ask('/flush', asked)
    const [refused, resent] = receiver.requests.slice(before).map(({ body }) => body.toString('hex'))
    expect(resent).toBe(refused)
    expect(namesOf('again')).toEqual(['again-1', 'again-2'])
    expect(chainProblems(arrived('again'))).toEqual([])
  })
})

describe('an outbox in a queue', () => {
  test('delivers what the object recorded although it crashed at once', async () => {
    const asked = { box: 'queue', way: 'queue' } as const
    await ask('/record', asked, ['queue-1', 'queue-2'])
    await ask('/crash', asked)
    await vi.waitFor(() => expect(namesOf('queue')).toEqual(['queue-1', 'queue-2']), { timeout: 20_000 })
    expect(chainProblems(arrived('queue'))).toEqual([])
  })

  test('retries what the receiver cannot take yet', async () => {
    const asked = { box: 'later', way: 'queue' } as const
    let refused = 0
    receiver.answerWith(() =>
      refused++ < 6 ? { status: 503, headers: { 'retry-after': '0' } } : { status: 200 },
    )
    await ask('/record', asked, ['later-1'])
    await vi.waitFor(() => expect(namesOf('later')).toEqual(['later-1']), { timeout: 20_000 })
    expect(refused).toBeGreaterThan(4)
  })
})
