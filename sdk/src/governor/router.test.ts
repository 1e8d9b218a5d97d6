import { afterAll, beforeAll, expect, test } from 'vitest'
import { decided, resumption, suspension } from './testing/requests.ts'
import { OLD_SECRET, startTestWorker, type TestWorker } from './testing/worker.ts'

let worker: TestWorker

beforeAll(async () => {
  worker = await startTestWorker()
})
afterAll(async () => {
  await worker.stop()
})

async function runningBox(name: string): Promise<string> {
  await worker.ask(name, 'start')
  await expect
    .poll(async () => (await worker.ask(name, 'exec', ['true'])).value)
    .toEqual({ stdout: '', exitCode: 0 })
  return worker.sandboxId(name)
}

test('the verdict of a scope reaches gates of that scope within a second, and no other', async () => {
  await runningBox('scoped')
  await runningBox('other')
  const context = { team: 'growth', task: 't1', tier: 'B' }
  const exec = async (box: string, over: object = {}) =>
    worker.ask(box, 'exec', ['true'], { ...context, ...over })
  expect((await exec('scoped')).value).toMatchObject({ exitCode: 0 })
  const verdict = { ...decided({ scope: 'team=growth' }), verdict: 'suspend', remedy: '' }
  expect((await worker.call('verdict', verdict)).body).toEqual({ result: 'applied' })
  await expect.poll(async () => (await exec('scoped')).suspended, { timeout: 1500 }).toBe(true)
  expect((await exec('other', { team: 'sales' })).value).toMatchObject({ exitCode: 0 })
  expect((await worker.call('verdict', verdict)).body).toEqual({ result: 'already' })
  const lifted = { ...decided({ scope: 'team=growth' }), verdict: 'ok', remedy: '' }
  await worker.call('verdict', lifted)
  expect((await worker.call('verdict', verdict)).body).toEqual({ result: 'stale', episode: lifted.episode })
  await expect
    .poll(async () => (await exec('scoped')).value, { timeout: 1500 })
    .toMatchObject({ exitCode: 0 })
})

test('a verdict may differ by trust tier', async () => {
  await runningBox('tiers')
  const verdict = { ...decided({ scope: 'user=u9' }), verdict: 'warn', tiers: { C: 'suspend' }, remedy: '' }
  await worker.call('verdict', verdict)
  expect((await worker.ask('tiers', 'exec', ['true'], { user: 'u9', tier: 'B' })).value).toMatchObject({
    exitCode: 0,
  })
  expect(await worker.ask('tiers', 'exec', ['true'], { user: 'u9', tier: 'C' })).toMatchObject({
    suspended: true,
  })
})

test.each([
  ['warn', ['admitted', 'admitted', 'admitted']],
  ['throttle', ['admitted', 'delayed', 'refused']],
  ['drain', ['refused', 'refused', 'refused']],
])('under %s new work is admitted by priority', async (verdict, expected) => {
  const task = `task-${verdict}`
  await worker.call('verdict', { ...decided({ scope: `task=${task}` }), verdict, remedy: '' })
  const outcomes = []
  for (const priority of ['interactive', 'batch', 'low'])
    outcomes.push((await worker.ask(`admit-${verdict}`, 'admit', [priority], { task })).value)
  expect(outcomes.map((value) => (value as { outcome: string }).outcome)).toEqual(expected)
  const { events } = await worker.look(`admit-${verdict}`)
  expect(events.map((event) => event.name)).toEqual(expected.map(() => 'sandglass.admission.decided'))
})

test('a verdict no gate would ask about is refused, not lost', async () => {
  const verdict = { ...decided({ scope: 'agent=fixer' }), verdict: 'suspend', remedy: '' }
  expect(await worker.call('verdict', verdict)).toMatchObject({
    status: 422,
    body: { error: 'shape_not_gated' },
  })
})

test('the list names what is held and forgets what is released', async () => {
  const id = await runningBox('listed')
  const request = suspension(id)
  await worker.call('suspend', request)
  await worker.call('verdict', { ...decided({ scope: 'task=listed' }), verdict: 'drain', remedy: '' })
  const listed = await worker.call('list')
  expect(listed.body['sandboxes']).toContainEqual(
    expect.objectContaining({
      sandboxId: id,
      phase: 'suspended',
      holds: [expect.objectContaining({ key: request.key })],
    }),
  )
  expect(listed.body['scopes']).toContainEqual(
    expect.objectContaining({ scope: 'task=listed', verdict: 'drain' }),
  )
  await worker.call('resume', resumption(id))
  expect(JSON.stringify(await worker.call('list'))).not.toContain(id)
})

test('a request is accepted once', async () => {
  const nonce = 'nonce-nonce-nonce-nonce'
  expect(await worker.call('health', undefined, { nonce })).toMatchObject({
    status: 200,
    body: { status: 'ok' },
  })
  expect(await worker.call('health', undefined, { nonce })).toMatchObject({
    status: 409,
    body: { error: 'replayed' },
  })
})

test.each([
  ['another secret', 'forged', { secret: 'another-secret-another-secret-another' }],
  ['another path', 'forged', { parts: { path: '/sandglass/governor/list' } }],
  ['another method', 'forged', { parts: { method: 'POST' } }],
  ['another body', 'forged', { parts: { body: '{}' } }],
  ['an old timestamp', 'skewed', { parts: { timestampMs: Date.now() - 31_000 } }],
  ['a future timestamp', 'skewed', { parts: { timestampMs: Date.now() + 40_000 } }],
])('a request signed for %s is refused as %s', async (_, fault, options) => {
  expect(await worker.call('health', undefined, options)).toMatchObject({
    status: 401,
    body: { error: fault },
  })
})

test('a request without a signature is refused, and a secret being rotated is accepted', async () => {
  const response = await fetch(new URL('/sandglass/governor/list', worker.url))
  expect(response.status).toBe(401)
  expect(await worker.call('health', undefined, { secret: OLD_SECRET })).toMatchObject({ status: 200 })
})

test('a payload that is not of the contract is refused with its faults', async () => {
  expect(await worker.call('suspend', { sandboxId: 7 })).toMatchObject({
    status: 422,
    body: { error: 'invalid', message: expect.stringMatching(/mode/) },
  })
  const huge = { ...suspension('x'), reason: 'x'.repeat(70_000) }
  expect(await worker.call('suspend', huge)).toMatchObject({ status: 413, body: { error: 'too_large' } })
})
