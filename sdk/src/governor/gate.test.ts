import { afterAll, beforeAll, expect, test } from 'vitest'
import { resumption, suspension } from './testing/requests.ts'
import { startTestWorker, type TestWorker } from './testing/worker.ts'

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

test('a suspended sandbox refuses start, exec and ports with a typed error that names budget and decision', async () => {
  const id = await runningBox('refuses')
  await worker.ask('refuses', 'exec', ['sh', '-c', 'echo work > done.txt'])
  const request = suspension(id)
  expect(await worker.call('suspend', request)).toMatchObject({
    status: 200,
    body: { result: 'applied', phase: 'suspended' },
  })
  for (const operation of ['start', 'exec', 'port']) {
    const refused = await worker.ask('refuses', operation, ['true'])
    expect(refused).toMatchObject({
      suspended: true,
      refusal: { budget: 'payments-daily', reason: 'spend_over_limit', decisionId: request.decisionId },
    })
  }
  expect((await worker.look('refuses')).running).toBe(false)
})

test('a suspension survives a restart of the Durable Object, and a start behind its back is undone', async () => {
  const id = await runningBox('restarts')
  const request = suspension(id)
  await worker.call('suspend', request)
  await worker.ask('restarts', 'crash').catch(() => undefined)
  expect(await worker.ask('restarts', 'exec', ['true'])).toMatchObject({ suspended: true })
  await worker.ask('restarts', 'raw')
  expect((await worker.look('restarts')).running).toBe(true)
  expect((await worker.call('suspend', request)).body).toMatchObject({
    result: 'applied',
    phase: 'suspended',
  })
  expect((await worker.look('restarts')).running).toBe(false)
  expect((await worker.call('suspend', request)).body).toMatchObject({ result: 'already' })
})

test('resume brings the workspace back as it was and says how long it took', async () => {
  const id = await runningBox('resumes')
  await worker.ask('resumes', 'exec', ['sh', '-c', 'cd /workspace; true'])
  await worker.ask('resumes', 'exec', ['tee', '/workspace/a b.txt', '/workspace/empty'])
  await worker.ask('resumes', 'exec', ['mkdir', '-p', '/workspace/deep/er'])
  await worker.ask('resumes', 'exec', [
    'dd',
    'if=/dev/urandom',
    'of=/workspace/deep/er/big',
    'bs=1000',
    'count=3000',
  ])
  const before = await worker.ask('resumes', 'exec', ['sha256sum', '/workspace/deep/er/big'])
  const suspended = await worker.call('suspend', suspension(id))
  expect(suspended.body).toMatchObject({ result: 'applied', snapshot: { sizeBytes: expect.any(Number) } })
  expect((await worker.call('resume', resumption(id))).body).toMatchObject({
    result: 'applied',
    phase: 'awake',
  })
  const after = await worker.ask('resumes', 'exec', ['sha256sum', '/workspace/deep/er/big'])
  const digest = (outcome: { value?: unknown }) => JSON.stringify(outcome.value).match(/[0-9a-f]{64}/)?.[0]
  expect(digest(after)).toBe(digest(before))
  const { events } = await worker.look('resumes')
  expect(events.map((event) => event.name)).toEqual([
    'sandbox.snapshot.created',
    'sandbox.lifecycle.changed',
    'sandbox.snapshot.restored',
    'sandbox.lifecycle.changed',
  ])
  expect(events[2]?.attributes).toMatchObject({ 'sandbox.snapshot.outcome': 'success' })
  expect(events[3]?.attributes).toMatchObject({
    'sandbox.lifecycle.state': 'resumed',
    'sandbox.startup.duration': expect.any(Number),
    'sandglass.actor.id': 'u_1',
    'sandglass.ticket': 'OPS-1',
  })
})

test('a resume that does not wake leaves the restoration to the next command', async () => {
  const id = await runningBox('lazy')
  await worker.ask('lazy', 'exec', ['tee', '/workspace/kept'])
  await worker.call('suspend', suspension(id))
  expect((await worker.call('resume', resumption(id, { wake: false }))).body).toMatchObject({
    result: 'applied',
  })
  expect((await worker.look('lazy')).running).toBe(false)
  await worker.ask('lazy', 'start')
  expect((await worker.ask('lazy', 'exec', ['ls', '/workspace'])).value).toMatchObject({ stdout: 'kept\n' })
})

test('a command that runs when the sandbox is suspended is ended at once', async () => {
  const id = await runningBox('burning')
  const running = worker.ask('burning', 'exec', ['sh', '-c', 'while :; do :; done'])
  await expect.poll(async () => (await worker.look('burning')).commands).toBe(1)
  const startedMs = Date.now()
  await worker.call('suspend', suspension(id))
  expect(Date.now() - startedMs).toBeLessThan(1500)
  expect((await running).value).not.toMatchObject({ exitCode: 0 })
})

test('a sandbox in which a command runs is not idle; one in which none does is put to rest', async () => {
  const id = await runningBox('idle')
  const running = worker.ask('idle', 'exec', ['sh', '-c', 'sleep 0.4; echo finished'])
  await expect.poll(async () => (await worker.look('idle')).commands).toBe(1)
  const request = suspension(id, { budget: 'idle', window: 'idle', scope: `sandbox=${id}` })
  expect((await worker.call('suspend', request)).body).toMatchObject({ result: 'failed', phase: 'awake' })
  expect((await running).value).toEqual({ stdout: 'finished\n', exitCode: 0 })
  expect((await worker.call('suspend', request)).body).toMatchObject({
    result: 'applied',
    phase: 'suspended',
  })
  const release = {
    budget: 'idle',
    window: 'idle',
    scope: `sandbox=${id}`,
    wake: false,
    actor: '',
    ticket: '',
  }
  await worker.call('resume', resumption(id, release))
  const { events } = await worker.look('idle')
  expect(events.map(({ attributes }) => attributes['sandbox.lifecycle.state']).filter(Boolean)).toEqual([
    'suspended',
    'stopped',
  ])
  expect(events[1]?.attributes).toMatchObject({ 'sandbox.lifecycle.cause': 'idle' })
})

test('draining lets a running command finish first', async () => {
  const id = await runningBox('draining')
  const running = worker.ask('draining', 'exec', ['sh', '-c', 'sleep 0.4; echo finished'])
  await expect.poll(async () => (await worker.look('draining')).commands).toBe(1)
  await worker.call('suspend', suspension(id, { mode: 'drain', drainMs: 10_000 }))
  expect((await running).value).toEqual({ stdout: 'finished\n', exitCode: 0 })
  expect((await worker.look('draining')).running).toBe(false)
})

test.each([
  ['create', /disk full/],
  ['tampered', /reads back/],
  ['expiring', /expires/],
])(
  'a sandbox whose backup fails (%s) refuses but is not stopped, and is stopped once it succeeds',
  async (fault, error) => {
    const box = `backup-${fault}`
    const id = await runningBox(box)
    await worker.ask(box, 'break', [fault])
    const request = suspension(id)
    const failed = await worker.call('suspend', request)
    expect(failed.body).toMatchObject({
      result: 'failed',
      phase: 'blocked',
      error: expect.stringMatching(error),
    })
    expect(await worker.look(box)).toMatchObject({ running: true })
    expect(await worker.ask(box, 'exec', ['true'])).toMatchObject({ suspended: true })
    expect((await worker.look(box)).events[0]?.attributes).toMatchObject({
      'sandbox.snapshot.outcome': 'failure',
    })
    await worker.ask(box, 'break', ['nothing'])
    expect((await worker.call('suspend', request)).body).toMatchObject({
      result: 'applied',
      phase: 'suspended',
    })
    expect(await worker.look(box)).toMatchObject({ running: false })
  },
)

test('a sandbox that two budgets suspended stays suspended until both have released it', async () => {
  const id = await runningBox('twice')
  await worker.call('suspend', suspension(id, { budget: 'one' }))
  await worker.call('suspend', suspension(id, { budget: 'two' }))
  await worker.call('resume', resumption(id, { budget: 'one' }))
  expect(await worker.ask('twice', 'exec', ['true'])).toMatchObject({
    suspended: true,
    refusal: { budget: 'two' },
  })
  expect((await worker.call('resume', resumption(id, { budget: 'two' }))).body).toMatchObject({
    phase: 'awake',
  })
})

test('a late or doubled suspension does not undo a resume', async () => {
  const id = await runningBox('late')
  const request = suspension(id)
  await worker.call('suspend', request)
  const release = resumption(id)
  await worker.call('resume', release)
  expect((await worker.call('suspend', request)).body).toMatchObject({
    result: 'stale',
    episode: release.episode,
  })
  expect((await worker.call('resume', release)).body).toMatchObject({ result: 'already' })
  expect((await worker.ask('late', 'exec', ['true'])).value).toMatchObject({ exitCode: 0 })
})

test('two enforcers that suspend at once have one effect', async () => {
  const id = await runningBox('raced')
  const request = suspension(id)
  const replies = await Promise.all([worker.call('suspend', request), worker.call('suspend', request)])
  expect(replies.map(({ body }) => String(body['result'])).toSorted()).toEqual(['already', 'applied'])
  const { events } = await worker.look('raced')
  expect(events.filter((event) => event.name === 'sandbox.snapshot.created')).toHaveLength(1)
})
