import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { providerEnvironment, startProvider, type FakeProvider } from './provider.ts'
import { startMoneyStack, type MoneyStack } from './stack.ts'

/** Burns real CPU, says in a file how much, and returns: the sandbox's meter and the provider both read that. */
const burner = `
import { appendFileSync } from 'node:fs'
const before = process.cpuUsage()
while (process.cpuUsage(before).user < 150_000) Math.sqrt(Math.random())
const used = process.cpuUsage(before)
appendFileSync(process.argv[2], JSON.stringify({ atMs: Date.now(), cpuS: (used.user + used.system) / 1e6 }) + '\\n')
`

const SANDBOX = 'd0'.repeat(32)
let stack: MoneyStack
let provider: FakeProvider
let burned: string

beforeAll(async () => {
  vi.stubEnv('CLOUDFLARE_API_TOKEN', providerEnvironment.CLOUDFLARE_API_TOKEN)
  vi.stubEnv('CLOUDFLARE_ACCOUNT_ID', providerEnvironment.CLOUDFLARE_ACCOUNT_ID)
  stack = await startMoneyStack()
  provider = await startProvider()
  burned = join(stack.dataDir, 'burned.jsonl')
}, 120_000)
afterAll(async () => {
  watch.going = false
  await provider.stop()
  await stack.stop()
  vi.unstubAllEnvs()
})

const watch = { going: true, seen: 0 }

/** Stands for the sandbox's meter and for the provider: `meter` of what was burned is metered, all of it and a little is billed. */
async function watchBurns(
  meter: (cpuS: number, burn: number) => number,
  instanceType: string,
): Promise<void> {
  while (watch.going) {
    const lines = (await readFile(burned, 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)
    for (const line of lines.slice(watch.seen)) {
      watch.seen += 1
      const { atMs, cpuS } = JSON.parse(line) as { atMs: number; cpuS: number }
      const used = meter(cpuS, watch.seen)
      provider.billed = [...provider.billed, { instanceId: SANDBOX, startMs: atMs, cpuS }]
      await stack.send({}, [
        {
          name: event.usageMeasured,
          timeMs: atMs + 1,
          attributes: {
            [attr.sandboxId]: SANDBOX,
            [attr.instanceType]: instanceType,
            [attr.sandboxGeneration]: 1,
            [attr.usageSequence]: watch.seen,
            [attr.usageQuality]: 'measured',
            [attr.cpuTime]: used,
            [attr.usageStart]: atMs - 100,
            [attr.usageEnd]: atMs,
          },
        },
      ])
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const flagsOf = (script: string, instanceType: string) => [
  '--instance-type',
  instanceType,
  '--sandbox',
  SANDBOX,
  '--burn',
  `${process.execPath} ${script} ${burned}`,
  '--burns',
  '4',
  '--quiet',
  '1s',
  '--settle',
  '1s',
  '--api-url',
  provider.url,
]
const authority = ['--actor', 'u_1', '--ticket', 'FIN-3']

async function verify(
  meter: (cpuS: number, burn: number) => number,
  instanceType: string,
  ...more: readonly string[]
) {
  const script = await stack.write('burn.mjs', burner)
  watch.going = true
  const watched = watchBurns(meter, instanceType)
  try {
    return await stack.json('verify-meter', ...flagsOf(script, instanceType), ...more)
  } finally {
    watch.going = false
    await watched
  }
}

const quality = async (): Promise<Readonly<Record<string, string>>> => {
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const { stdout } = await stack.cli(
    'export',
    'focus',
    '--from',
    from,
    '--to',
    new Date(Date.now() + 3_600_000).toISOString(),
  )
  const [head = '', ...lines] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.replaceAll('"', '')))
  return Object.fromEntries(
    lines.map((line) => [line[head.indexOf('x_InstanceType')], line[head.indexOf('x_Quality')]]),
  ) as Record<string, string>
}

it('measures the bias of a meter with its interval, and labels its money from then on', async () => {
  const tried = await verify((cpuS) => cpuS * 0.98, 'standard-1', '--dry-run')
  expect(tried).toMatchObject({ samples: 4, recorded: false, calibrated: true })
  expect(await quality()).toEqual({ 'standard-1': 'uncalibrated' })
  const report = await verify((cpuS) => cpuS * 0.98, 'standard-1', ...authority)
  expect(Number(report['bias'])).toBeCloseTo(-0.02, 4)
  expect(Number(report['low'])).toBeLessThanOrEqual(Number(report['bias']))
  expect(report).toMatchObject({ calibrated: true, recorded: true })
  await vi.waitUntil(async () => (await quality())['standard-1'] === 'calibrated', {
    timeout: 20_000,
    interval: 200,
  })
  expect(await stack.rows('SELECT actor_id, ticket, calibrated FROM meter_verifications')).toEqual([
    { actor_id: 'u_1', ticket: 'FIN-3', calibrated: true },
  ])
}, 120_000)

it('does not call a meter calibrated that is off or uncertain, and takes the label away again', async () => {
  const report = await verify((cpuS, burn) => cpuS * (burn % 2 === 0 ? 0.7 : 1.3), 'standard-1', ...authority)
  expect(report).toMatchObject({ calibrated: false })
  expect(Number(report['high']) - Number(report['low'])).toBeGreaterThan(0.3)
  await vi.waitUntil(async () => (await quality())['standard-1'] === 'uncalibrated', {
    timeout: 20_000,
    interval: 200,
  })
}, 120_000)

it('says what is wrong: a burn that fails, a sandbox without a meter, nobody to answer for it', async () => {
  const script = await stack.write('burn.mjs', burner)
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[...flagsOf(script, 'standard-1')], 2, /--actor and --ticket/],
    [[...flagsOf(script, 'standard-1'), ...authority, '--burns', '2'], 2, /from 3 to 100/],
    [
      [...flagsOf(script, 'standard-1'), ...authority, '--burn', 'echo no >&2; exit 7'],
      1,
      /ended with 7: no/,
    ],
    [
      [
        ...flagsOf(script, 'standard-1'),
        ...authority,
        '--burns',
        '3',
        '--sandbox',
        'another',
        '--burn',
        'true',
      ],
      1,
      /another has no usage/,
    ],
  ]
  for (const [args, code, message] of cases) {
    const { exitCode, stderr } = await stack.cli('verify-meter', ...args)
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(message)])
  }
}, 120_000)
