import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { providerEnvironment, startProvider, type FakeProvider } from './provider.ts'
import { startMoneyStack, type MoneyStack, type SentEvent } from './stack.ts'

const DAY_MS = 86_400_000
const todayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS
/** Two whole days ago, and today, which is not over. */
const dayMs = todayMs - 2 * DAY_MS
const day = new Date(dayMs).toISOString().slice(0, 10)
const noonMs = dayMs + DAY_MS / 2

let stack: MoneyStack
let provider: FakeProvider
let sequence = 0

function usage(sandbox: string, team: string, endMs: number, cpuS: number): SentEvent {
  sequence += 1
  return {
    name: event.usageMeasured,
    timeMs: endMs,
    attributes: {
      [attr.sandboxId]: sandbox,
      [attr.teamId]: team,
      [attr.sandboxGeneration]: 1,
      [attr.usageSequence]: sequence,
      [attr.cpuTime]: cpuS,
      [attr.memoryTime]: 80,
      [attr.diskTime]: 160,
      [attr.usageStart]: endMs - 20_000,
      [attr.usageEnd]: endMs,
    },
  }
}

const started = (sandbox: string, team: string): SentEvent => ({
  name: event.lifecycleChanged,
  timeMs: noonMs,
  attributes: {
    [attr.sandboxId]: sandbox,
    [attr.teamId]: team,
    [attr.instanceType]: 'standard-1',
    [attr.lifecycleState]: 'started',
  },
})

beforeAll(async () => {
  vi.stubEnv('CLOUDFLARE_API_TOKEN', providerEnvironment.CLOUDFLARE_API_TOKEN)
  vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', providerEnvironment.CLOUDFLARE_ACCOUNT_ID)
  stack = await startMoneyStack()
  provider = await startProvider()
  await stack.send({}, [
    started('sandbox_1', 'payments'),
    started('sandbox_2', 'search'),
    usage('sandbox_1', 'payments', noonMs, 90),
    usage('sandbox_2', 'search', noonMs, 50),
    usage('sandbox_1', 'payments', Date.now() - 1000, 10),
  ])
}, 120_000)
afterAll(async () => {
  await provider.stop()
  await stack.stop()
  vi.unstubAllEnvs()
})
afterEach(() => {
  provider.failures = []
})

const bill = () => {
  provider.billed = [
    { instanceId: 'sandbox_1', team: 'payments', startMs: noonMs, cpuS: 100, memoryGibS: 80, diskGbS: 160 },
    // No label: whose it is, our books know.
    { instanceId: 'sandbox_2', startMs: noonMs, cpuS: 50.25, memoryGibS: 80, diskGbS: 160 },
    { instanceId: 'stray', startMs: noonMs, cpuS: 1000, memoryGibS: 10, diskGbS: 0 },
    { instanceId: 'sandbox_1', team: 'payments', startMs: todayMs, cpuS: 3 },
  ]
  provider.active = ['sandbox_1', 'stray']
}

const window = ['--from', day, '--to', new Date(todayMs + DAY_MS).toISOString().slice(0, 10)]
const reconcile = (...args: readonly string[]) =>
  stack.json('reconcile', '--api-url', provider.url, ...window, ...args)
const corrections = () => stack.rows("SELECT count() AS n FROM charges WHERE kind = 'correction'")

it('shows drift by team, day and SKU, sandboxes we do not see and dollars we cannot attribute', async () => {
  bill()
  // Too busy once and broken once: asked again.
  provider.failures = [429, 503]
  const report = await reconcile()
  const drift = report['drift'] as Record<string, string>[]
  expect(drift.filter(({ sku }) => sku === 'container.cpu')).toEqual([
    expect.objectContaining({ day, team: '', metered: '0', provider: '1000', state: 'drift' }),
    expect.objectContaining({
      day,
      team: 'payments',
      metered: '90',
      provider: '100',
      difference: '10',
      differenceUsd: '0.0002',
      state: 'drift',
    }),
    expect.objectContaining({ day, team: 'search', metered: '50', provider: '50.25', state: 'within' }),
    expect.objectContaining({ team: 'payments', metered: '10', provider: '3', state: 'partial' }),
  ])
  expect(report).toMatchObject({
    unseen: [{ instanceId: 'stray', teamId: '', usd: '0.020025' }],
    unseenActive: [expect.objectContaining({ instanceId: 'stray', state: 'running' })],
    notActive: [{ instanceId: 'sandbox_2', team: 'search' }],
    unattributedUsd: '0.020025',
    posted: 0,
    postable: 3,
  })
  expect(await corrections()).toEqual([{ n: 0 }])
}, 120_000)

it('posts what is beyond the tolerance, once, and then agrees with the provider', async () => {
  bill()
  const refused = await stack.cli('reconcile', '--api-url', provider.url, ...window, '--post')
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('--actor and --ticket')])
  const authority = ['--post', '--actor', 'u_finance', '--ticket', 'FIN-9']
  expect(await reconcile(...authority)).toMatchObject({ posted: 3 })
  expect(await reconcile(...authority)).toMatchObject({ posted: 0, postable: 0 })
  expect(await corrections()).toEqual([{ n: 3 }])
  const spend = await stack.rows(
    `SELECT team_id, sku, sum(quantity) AS q FROM spend_by_day AS s WHERE day = '${day}' AND sku = 'container.cpu' GROUP BY team_id, sku ORDER BY team_id`,
  )
  expect(spend.map(({ team_id, q }) => [team_id, q])).toEqual([
    ['', '1000'],
    ['payments', '100'],
    ['search', '50'],
  ])
}, 120_000)

it('prices what was reconciled with the rest when prices are corrected', async () => {
  const outcome = await stack.json(
    'charges',
    'correct',
    '--from',
    day,
    '--to',
    new Date(dayMs + DAY_MS).toISOString(),
    '--apply',
    '--actor',
    'u_1',
    '--ticket',
    'FIN-10',
  )
  expect(outcome).toMatchObject({ corrections: 0 })
}, 120_000)

it('says what is wrong: no token, a refused token, an API that stays broken, days in the wrong order', async () => {
  const cli = (...args: readonly string[]) => stack.cli('reconcile', '--api-url', provider.url, ...args)
  const backwards = await cli('--from', '2026-01-02', '--to', '2026-01-01')
  expect([backwards.exitCode, backwards.stderr]).toEqual([2, expect.stringContaining('is not before')])
  provider.failures = [500, 500, 500, 500, 500]
  const broken = await cli(...window)
  expect([broken.exitCode, broken.stderr]).toEqual([1, expect.stringContaining('answered 500')])
  vi.stubEnv('CLOUDFLARE_API_TOKEN', 'wrong')
  const wrong = await cli(...window)
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    1,
    expect.stringMatching(/answered 401.*Account Analytics: Read/),
  ])
  vi.stubEnv('CLOUDFLARE_API_TOKEN', '')
  const none = await cli(...window)
  expect([none.exitCode, none.stderr]).toEqual([
    2,
    expect.stringContaining('CLOUDFLARE_API_TOKEN is not set'),
  ])
  vi.stubEnv('CLOUDFLARE_API_TOKEN', providerEnvironment.CLOUDFLARE_API_TOKEN)
}, 120_000)
