import { join } from 'node:path'
import { attr, event, type EventName } from '@sandglass/schemas/semconv'
import { afterAll, describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../testing/otlp-receiver.ts'
import { startTestWorkerd } from '../testing/workerd.ts'

const receiver = await startOtlpReceiver()
const workerd = await startTestWorkerd(
  join(import.meta.dirname, 'worker/index.ts'),
  { OTLP_ENDPOINT: receiver.url, SANDBOX_LOG_LEVEL: 'error' },
  { SANDBOX: 'Sandbox', UNDESCRIBED: 'Undescribed' },
)

afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

/** What runs elsewhere takes its time on a busy machine. */
const SOON = { timeout: 30_000 }

interface Answer {
  readonly value?: unknown
  readonly error?: string
}

const ask = async (name: string, method: string, ...args: unknown[]): Promise<Answer> =>
  (await workerd.ask('/', { name, method, args })) as Answer

const eventsOf = (name: string, kind: EventName) =>
  receiver
    .eventsNamed(kind)
    .map(({ attributes }) => attributes)
    .filter((facts) => facts[attr.sandboxName] === name)

const life = (name: string) =>
  eventsOf(name, event.lifecycleChanged).map((facts) => [
    facts[attr.lifecycleState],
    facts[attr.lifecycleCause],
    facts[attr.sandboxGeneration],
  ])

describe('the life of a sandbox is told by its object, once', () => {
  test('however many ask at once, and however often its hooks run', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ask('once', 'exec', 'true')))
    await ask('once', 'onStart')
    expect((await ask('once', 'starts')).value).toBe(2)
    expect((await ask('once', 'measure')).value).toBe(1)
    await expect
      .poll(() => life('once'), SOON)
      .toEqual([
        ['starting', undefined, 1],
        ['started', undefined, 1],
      ])
    const [, started] = eventsOf('once', event.lifecycleChanged)
    expect(started?.[attr.startupDuration]).toBeGreaterThan(0)
    await ask('once', 'destroy')
  })

  test('stopped, woken as a new generation, destroyed: never failed', async () => {
    await ask('thrice', 'exec', 'true')
    await ask('thrice', 'stop')
    await expect.poll(() => life('thrice').at(-1), SOON).toEqual(['stopped', 'operator', 1])
    await ask('thrice', 'exec', 'true')
    await ask('thrice', 'destroy')
    await expect
      .poll(() => life('thrice').slice(3), SOON)
      .toEqual([
        ['starting', undefined, 2],
        ['started', undefined, 2],
        ['destroyed', 'operator', 2],
      ])
  })

  test('a container that dies has failed, with its exit code', async () => {
    await ask('dies', 'exec', 'true')
    await ask('dies', 'startProcess', 'sleep 0.2; kill -9 $PPID')
    await expect.poll(() => life('dies').at(-1)?.[0], SOON).toBe('failed')
    expect(eventsOf('dies', event.lifecycleChanged).at(-1)?.[attr.exitCode]).toBe(137)
  })

  test('an object that lost its container with its memory counts on: the next one is a new generation', async () => {
    await ask('reset', 'exec', 'true')
    await ask('reset', 'measure')
    await ask('reset', 'reset')
    await expect.poll(() => ask('reset', 'starts'), SOON).toEqual({ value: 0 })
    expect((await ask('reset', 'exec', 'echo on')).value).toMatchObject({ stdout: 'on\n' })
    await ask('reset', 'destroy')
    await expect
      .poll(() => life('reset').slice(2), SOON)
      .toEqual([
        ['starting', undefined, 2],
        ['started', undefined, 2],
        ['destroyed', 'operator', 2],
      ])
  })

  test('one that nobody uses sleeps', async () => {
    await ask('sleepy', 'setSleepAfter', 1)
    await ask('sleepy', 'exec', 'true')
    await expect.poll(() => life('sleepy').at(-1), SOON).toEqual(['slept', 'idle', 1])
  })
})

test('the meter lives in the object: CPU of commands that nobody recorded is measured', async () => {
  await ask('metered', 'exec', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done')
  await ask('metered', 'measure')
  await expect.poll(() => eventsOf('metered', event.usageMeasured).length, SOON).toBeGreaterThan(0)
  const [usage] = eventsOf('metered', event.usageMeasured)
  expect(usage).toMatchObject({ [attr.usageQuality]: 'measured', [attr.instanceType]: 'lite' })
  expect(usage?.[attr.cpuTime]).toBeGreaterThan(0.1)
  await ask('metered', 'destroy')
})

test('a container gets labels at its start, where the caller gave none of these keys', async () => {
  await ask('labelled', 'setLabels', { team: 'its-own' })
  await ask('labelled', 'exec', 'true')
  const labels = workerd.engine.containers().map((container) => container.labels)
  const own = labels.find((one) => Object.values(one).includes('its-own')) ?? {}
  expect(Object.values(own)).toEqual(expect.arrayContaining(['its-own', 'B']))
  expect(Object.values(own)).not.toContain('payments')
  await ask('labelled', 'destroy')
})

test('a 1.x container that starts in a task is labelled with it', async () => {
  expect(await ask('task', 'startInTask')).toEqual({})
  const labels = workerd.engine.containers().map((container) => Object.values(container.labels))
  expect(labels).toContainEqual(expect.arrayContaining(['search', 'task-of-labels', 'C']))
})

test('a closed gate refuses whatever would wake the sandbox, with its own words, and nothing starts', async () => {
  await ask('gated', 'gate', 'close')
  const before = workerd.engine.containers().length
  for (const [method, ...args] of [
    ['exec', 'true'],
    ['writeFile', '/workspace/a', 'b'],
    ['start'],
    ['fetchPort', 9_999],
  ]) {
    expect((await ask('gated', String(method), ...args)).error).toContain('suspended by its budget')
  }
  expect(workerd.engine.containers().length).toBe(before)
  await ask('gated', 'gate', 'open')
  expect((await ask('gated', 'exec', 'echo woken')).value).toMatchObject({ stdout: 'woken\n' })
  await ask('gated', 'destroy')
})

test('requests to ports are recorded, and those of the package itself are not', async () => {
  const port = 20_000 + Math.floor(Math.random() * 40_000)
  const server = `node -e "require('http').createServer((q, r) => r.end(q.method + q.url)).listen(${port}, '127.0.0.1')"`
  await ask('ports', 'startProcess', server)
  await expect.poll(() => ask('ports', 'fetchPort', port), SOON).toEqual({ value: 'PUT/hello' })
  await ask('ports', 'measure')
  const spans = receiver.spans
    .map(({ attributes }) => attributes)
    .filter((facts) => facts[attr.sandboxName] === 'ports')
  expect(new Set(spans.map((facts) => facts[attr.serverPort]))).toEqual(new Set([port]))
  expect(spans.at(-1)).toMatchObject({ [attr.requestMethod]: 'PUT', [attr.responseStatus]: 200 })
  await ask('ports', 'destroy')
})

describe('outbound requests are told, with outcome and bytes', () => {
  const egress = () => receiver.eventsNamed(event.egressRequested).map(({ attributes }) => attributes)
  const fetchInside = (url: string): string =>
    `node -e "fetch('${url}', { method: 'POST', body: 'hello' }).then(async (r) => console.log(r.status, await r.text()))"`

  test('of a 0.12 sandbox, those of denied hosts too', async () => {
    await ask('out', 'setDeniedHosts', ['bad.test'])
    const allowed = await ask('out', 'exec', fetchInside('http://good.test/a'))
    const denied = await ask('out', 'exec', fetchInside('http://bad.test/b'))
    expect([allowed.value, denied.value]).toMatchObject([
      { stdout: '200 answered good.test\n' },
      { stdout: '520 Origin is disallowed\n' },
    ])
    await expect.poll(egress, SOON).toMatchObject([
      {
        [attr.serverAddress]: 'good.test',
        [attr.serverPort]: 80,
        [attr.requestMethod]: 'POST',
        [attr.responseStatus]: 200,
        [attr.requestSize]: 5,
        [attr.responseSize]: 18,
        [attr.egressOutcome]: 'allowed',
      },
      { [attr.serverAddress]: 'bad.test', [attr.responseStatus]: 520, [attr.egressOutcome]: 'denied' },
    ])
    expect(egress()[0]?.[attr.sandboxId]).toBe(eventsOf('out', event.lifecycleChanged)[0]?.[attr.sandboxId])
    await ask('out', 'destroy')
  })

  test('of a 1.x container, through an entrypoint of its own; a way out that throws still throws', async () => {
    expect((await ask('box', 'fetchFromInside', 'http://somewhere.test/')).value).toBe('201 from outside')
    await ask('box2', 'fetchFromInside', 'http://broken.test/')
    await expect
      .poll(() => egress().find((facts) => facts[attr.serverAddress] === 'somewhere.test'), SOON)
      .toMatchObject({ [attr.responseStatus]: 201, [attr.responseSize]: 12, [attr.requestSize]: 5 })
    await expect
      .poll(() => egress().find((facts) => facts[attr.serverAddress] === 'broken.test'), SOON)
      .toMatchObject({ [attr.egressOutcome]: 'allowed' })
  })
})

test('nothing that was told breaks the contract', () => {
  expect(receiver.problems()).toEqual([])
})
