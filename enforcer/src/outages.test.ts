import { enforcerConfigSchema } from '@sandglass/schemas/config/enforcer'
import { event } from '@sandglass/schemas/semconv'
import { startTestStore, type TestStore } from '@sandglass/schemas/testing/store'
import { SECRET, startTestWorker, type TestWorker } from '@sandglass/sdk/governor/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assemble, type Assembly } from './assemble.ts'
import { nodePorts, type EnforcerPorts } from './ports.ts'
import { startProxy, type Proxy } from './testing/proxy.ts'
import { startReceiver, type Receiver } from './testing/receiver.ts'
import { running, seed, setWatermark, usage, type Work } from './testing/seed.ts'

let store: TestStore
let worker: TestWorker
let collector: Receiver
let proxy: Proxy
/** Status the collector answers with. */
let status = 200
const assemblies: Assembly[] = []

beforeAll(async () => {
  ;[store, worker] = await Promise.all([startTestStore(), startTestWorker()])
  proxy = await startProxy(store.embedded.writeUrl)
  collector = await startReceiver(() => ({ status, body: '{}' }))
})
afterAll(async () => {
  for (const assembly of assemblies) await assembly.close()
  await Promise.all([proxy.close(), worker.stop(), collector.close()])
  await store.stop()
})

function enforcerOf(
  team: string,
  over: object = {},
  ports: Partial<EnforcerPorts> = {},
  database: object = {},
): Assembly {
  const { writeUrl: url, username, password } = store.embedded
  const limits = [{ amount: 10, window: { kind: 'calendar', unit: 'day' } }]
  const budget = { id: `${team}-cpu`, scope: { team }, metric: 'cpu_seconds', limits, ...over }
  const config = enforcerConfigSchema.parse({
    budgets: { version: 1, budgets: [budget], blastCap: { percent: 100 } },
    clickhouse: { url, username, password, ...database },
    collector: { url: collector.url },
    governor: { url: worker.url.href, secret: SECRET },
  })
  const assembly = assemble(config, { ...nodePorts, log: () => undefined, ...ports })
  assemblies.push(assembly)
  return assembly
}

async function turn(assembly: Assembly): Promise<void> {
  await assembly.tick()
  await assembly.settled()
}

async function box(team: string, tier: 'A' | 'B' | 'C' = 'B'): Promise<Work> {
  const name = `${team}-${tier}`
  await worker.ask(name, 'start', [], { team, tier })
  await expect
    .poll(async () => (await worker.ask(name, 'exec', ['true'])).value, { timeout: 15_000 })
    .toBeDefined()
  const work = { team, tier, sandbox: await worker.sandboxId(name), task: `${team}-${tier}` }
  await seed(store, [running(work, Date.now())])
  return work
}

const phaseOf = async (team: string, tier = 'B'): Promise<string> =>
  (await worker.look(`${team}-${tier}`)).state.phase

/** Events of a team that the collector stored, as `verdict reason` or `action result error`. */
function stored(team: string): readonly string[] {
  return collector.requests
    .flatMap(({ body }) => eventsOf(body))
    .filter((attributes) => attributes['sandglass.budget.id'] === `${team}-cpu`)
    .map((attributes) =>
      attributes['sandglass.enforcement.action'] === undefined
        ? `${attributes['sandglass.verdict']} ${attributes['sandglass.verdict.reason']}`
        : `${attributes['sandglass.enforcement.action']} ${attributes['sandglass.enforcement.result']} ${attributes['error.type'] ?? ''}`.trim(),
    )
}

interface Pair {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

function eventsOf(body: string): readonly Record<string, string | undefined>[] {
  const records: readonly { readonly attributes: readonly Pair[] }[] =
    JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords
  return records.map(({ attributes }) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
  )
}

test('a decision that is not recorded is not acted on; once it is, it is, and it was recorded as it was made', async () => {
  const work = await box('mute')
  const enforcer = enforcerOf('mute')
  await setWatermark(store, Date.now())
  await turn(enforcer)
  await seed(store, [usage(work, 20, Date.now())])
  status = 503
  await turn(enforcer)
  await turn(enforcer)
  expect(await phaseOf('mute')).toBe('awake')
  status = 200
  await turn(enforcer)
  expect(await phaseOf('mute')).toBe('suspended')
  const isDecision = ({ body }: { body: string }) =>
    body.includes('mute-cpu') && body.includes(event.budgetDecided)
  const attempts = collector.requests.filter(isDecision).map(({ body }) => body)
  expect(attempts).toHaveLength(3)
  expect(new Set(attempts).size).toBe(1)
})

test('a decision the collector refuses is not acted on, and the next one begins a new chain', async () => {
  const work = await box('refused')
  const enforcer = enforcerOf('refused')
  const { enforcerId } = enforcer
  await setWatermark(store, Date.now())
  await seed(store, [usage(work, 20, Date.now())])
  status = 400
  await turn(enforcer)
  status = 200
  expect(await phaseOf('refused')).toBe('awake')
  expect(enforcer.enforcerId).not.toBe(enforcerId)
  await turn(enforcer)
  expect(await phaseOf('refused')).toBe('suspended')
})

test('a governor out of reach is told once and tried again until it answers', async () => {
  const work = await box('cut-off')
  let reachable = false
  let nowMs = Date.now()
  const enforcer = enforcerOf(
    'cut-off',
    {},
    {
      now: () => nowMs,
      fetch: async (input, init) =>
        reachable || !(input instanceof URL && input.pathname.endsWith('/suspend'))
          ? fetch(input, init)
          : Promise.reject(new Error('no route')),
    },
  )
  await setWatermark(store, nowMs)
  await seed(store, [usage(work, 20, nowMs)])
  await turn(enforcer)
  nowMs += 1000
  await turn(enforcer)
  expect(await phaseOf('cut-off')).toBe('awake')
  reachable = true
  nowMs += 5000
  await turn(enforcer)
  expect(await phaseOf('cut-off')).toBe('suspended')
  expect(stored('cut-off').filter((line) => line.startsWith('suspend '))).toEqual([
    'suspend spend_over_suspend',
    'suspend failed unreachable',
    'suspend applied',
  ])
})

test('stale spend holds; then each tier gets its failure mode, and fresh spend takes it back', async () => {
  await Promise.all([box('stale', 'B'), box('stale', 'C')])
  const stale = { after: '30s', failAfter: '60s', tiers: { A: 'ok', B: 'throttle', C: 'suspend' } }
  const enforcer = enforcerOf('stale', { stale, dwell: '1s' })
  const turnAt = async (staleMs: number): Promise<readonly string[]> => {
    await setWatermark(store, Date.now() - staleMs)
    await turn(enforcer)
    return [await phaseOf('stale', 'B'), await phaseOf('stale', 'C')]
  }
  expect(await turnAt(0)).toEqual(['awake', 'awake'])
  expect(await turnAt(50_000)).toEqual(['awake', 'awake'])
  expect(await turnAt(65_000)).toEqual(['awake', 'suspended'])
  expect(await turnAt(50_000)).toEqual(['awake', 'suspended'])
  await expect.poll(async () => turnAt(0), { timeout: 10_000 }).toEqual(['awake', 'awake'])
  expect(stored('stale').filter((line) => !/ applied$| dwell$/.test(line))).toEqual([
    'ok stale_failure_mode',
    'ok stale_hold',
    'ok within_limit',
  ])
})

test('an enforcer that restarts goes on from what is recorded and in force', async () => {
  const work = await box('reborn')
  await setWatermark(store, Date.now())
  await seed(store, [usage(work, 20, Date.now())])
  await turn(enforcerOf('reborn'))
  expect(await phaseOf('reborn')).toBe('suspended')
  // Nothing the receiver took is in the database: the governor alone remembers.
  await turn(enforcerOf('reborn'))
  expect(stored('reborn').filter((line) => line === 'suspend spend_over_suspend')).toHaveLength(1)
})

test('while the database is out of reach verdicts hold, and decisions go on when it is back', async () => {
  const work = await box('blind')
  await setWatermark(store, Date.now())
  await seed(store, [usage(work, 20, Date.now())])
  const enforcer = enforcerOf('blind', { dwell: '1s' }, {}, { url: proxy.url })
  await turn(enforcer)
  expect(await phaseOf('blind')).toBe('suspended')
  proxy.cut()
  await turn(enforcer)
  expect(enforcer.telemetry.get('sandglass_enforcer_observe_failures_total', { source: 'watermark' })).toBe(1)
  expect(await phaseOf('blind')).toBe('suspended')
  proxy.join()
  await setWatermark(store, Date.now())
  await turn(enforcer)
  expect(enforcer.telemetry.get('sandglass_enforcer_watermark_age_seconds')).toBeLessThan(10)
  expect(stored('blind').filter((line) => !/ (applied|already)$/.test(line))).toEqual([
    'suspend spend_over_suspend',
    'suspend spend_unreadable',
    'suspend spend_over_suspend',
  ])
})

test('a budget that is burned fast warns ahead of its limit, and the forecast is recorded', async () => {
  const work = await box('ahead')
  const forecast = { warnWithin: '1h', longWindow: '1h', shortWindow: '5m' }
  const limits = [{ amount: 100, window: { kind: 'rolling', length: '24h' } }]
  const enforcer = enforcerOf('ahead', { forecast, limits })
  await setWatermark(store, Date.now())
  await seed(store, [usage(work, 60, Date.now())])
  await turn(enforcer)
  expect(stored('ahead')).toContain('warn forecast_over_warn')
  expect(await phaseOf('ahead')).toBe('awake')
})
