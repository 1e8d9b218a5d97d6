import { attr, event } from '@sandglass/schemas/semconv'
import { openPriceBook, priceBookSchema } from '@sandglass/schemas/price-book'
import { cloudflareEditions } from '@sandglass/schemas/price-book/data'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { logRow, type EventFacts } from '../../schemas/src/testing/rows.ts'
import { startTestStore, type TestStore } from '../../schemas/src/testing/store.ts'
import { cutQuery, readAll, spendCuts, startMoneyStack, type MoneyStack } from './stack.ts'

/** The right prices: CPU was too cheap, memory too dear, and tokens had no price at all. */
const [edition] = cloudflareEditions
const rightBook = {
  version: 'right-1',
  models: [
    {
      model: 'opus-5',
      provider: 'anthropic',
      effectiveFrom: '2020-01-01',
      inputPerMillion: '3.3',
      outputPerMillion: '15.7',
    },
  ],
  editions: [
    {
      ...edition,
      version: 'right-2026',
      skus: {
        ...edition?.skus,
        'container.cpu': { unit: 'vCPU.s', usd: '0.0000333333' },
        'container.memory': { unit: 'GiB.s', usd: '0.000001777' },
      },
    },
  ],
}

const HOUR_MS = 3_600_000
const baseMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 5 * HOUR_MS
const window = ['--from', new Date(baseMs - 48 * HOUR_MS).toISOString(), '--to', new Date().toISOString()]
const resource = { [attr.environment]: 'production', [attr.cloudRegion]: 'weur' }

/** Intervals whose cost does not split evenly, some idle, some without owner, and answers of a model. */
function usage(n: number): EventFacts {
  const endMs = baseMs + n * 61_000 - (n % 3) * 20 * HOUR_MS
  const tasks = ['task_c', 'task_a', 'task_b', 'task_d'].slice(0, n % 5)
  return {
    name: event.usageMeasured,
    timeMs: endMs,
    resource,
    attributes: {
      [attr.sandboxId]: `sandbox_${n % 3}`,
      [attr.sandboxGeneration]: 1,
      [attr.usageSequence]: n,
      [attr.instanceType]: 'standard-1',
      ...(n % 4 === 0 ? {} : { [attr.teamId]: `team_${n % 2}`, [attr.userId]: `user_${n % 3}` }),
      [attr.costCenter]: `cc_${n % 2}`,
      [attr.agentName]: 'coder',
      ...(tasks.length > 0
        ? { [attr.taskId]: tasks[0], [attr.taskClass]: 'code_fix', [attr.taskAttempt]: 2 }
        : {}),
      [attr.cpuTime]: 1.2345678 + n / 7,
      [attr.memoryTime]: 60.1 + n / 3,
      [attr.usageStart]: endMs - 15_000,
      [attr.usageEnd]: endMs,
      ...(tasks.length > 0 ? { [attr.usageTaskIds]: tasks } : {}),
      ...(tasks.length > 0 && n % 2 === 0
        ? { [attr.usageTaskCpuTimes]: tasks.map((_, i) => (i * n) / 11) }
        : {}),
    },
  }
}

const answer = (n: number): EventFacts => ({
  name: event.inferenceMeasured,
  timeMs: baseMs + n * 1000,
  resource,
  attributes: {
    [attr.teamId]: 'team_1',
    [attr.taskId]: n % 2 === 0 ? 'task_a' : '',
    [attr.promptId]: `prompt_${n}`,
    [attr.providerName]: n % 3 === 0 ? 'other' : 'anthropic',
    [attr.requestModel]: 'opus-5',
    [attr.responseId]: `resp_${n}`,
    [attr.inputTokens]: 1001 + n,
    [attr.outputTokens]: 77 * n,
    [attr.chargeSource]: 'provider',
  },
})

const facts = [
  ...Array.from({ length: 40 }, (_, n) => usage(n)),
  ...Array.from({ length: 8 }, (_, n) => answer(n)),
]

let stack: MoneyStack
let reference: TestStore
let bookFile: string

beforeAll(async () => {
  stack = await startMoneyStack()
  bookFile = await stack.write('right.yaml', stringify(rightBook))
  await stack.send(resource, facts)
  reference = await startTestStore()
  const book = openPriceBook(priceBookSchema.parse(rightBook))
  await reference.insert(
    'otel_logs',
    facts.map((each) => logRow(each, book)),
    'reference',
  )
}, 120_000)
afterAll(async () => {
  await stack.stop()
  await reference.stop()
})

const correct = (...args: readonly string[]) =>
  stack.json('charges', 'correct', ...window, '--price-book', bookFile, ...args)
const authority = ['--apply', '--actor', 'u_1', '--ticket', 'FIN-1']

it('says without --apply what would change, and changes nothing', async () => {
  const before = await correct()
  expect(before).toMatchObject({ applied: false, charges: expect.any(Number) })
  expect(Number(before['corrections'])).toBeGreaterThan(50)
  const lines = before['lines'] as { sku: string; team: string; differenceUsd: string }[]
  expect(new Set(lines.map(({ sku }) => sku))).toEqual(
    new Set(['container.cpu', 'container.memory', 'llm.input', 'llm.output']),
  )
  expect(new Set(lines.map(({ team }) => team))).toEqual(new Set(['', 'team_0', 'team_1']))
  expect(await stack.rows("SELECT count() AS n FROM charges WHERE kind = 'correction'")).toEqual([{ n: 0 }])
}, 120_000)

it('needs an actor and a ticket to write, a window that begins before it ends, and a book with a price', async () => {
  const without = await stack.cli('charges', 'correct', ...window, '--apply', '--ticket', 'FIN-1')
  expect([without.exitCode, without.stderr]).toEqual([2, expect.stringContaining('--actor')])
  const swapped = await stack.cli('charges', 'correct', '--from', '2026-02-01', '--to', '2026-01-01')
  expect([swapped.exitCode, swapped.stderr]).toEqual([2, expect.stringContaining('is not before')])
  const { 'container.disk': _, ...skus } = edition?.skus ?? {}
  const poor = await stack.write('poor.yaml', stringify({ version: 'x', editions: [{ ...edition, skus }] }))
  const unpriced = await stack.cli('charges', 'correct', ...window, '--price-book', poor)
  expect([unpriced.exitCode, unpriced.stderr]).toEqual([
    2,
    expect.stringContaining('no price for container.disk'),
  ])
}, 120_000)

it('corrects one SKU only when told to', async () => {
  const outcome = await correct('--sku', 'container.memory', ...authority)
  expect(Number(outcome['corrections'])).toBeGreaterThan(10)
  expect(await stack.rows("SELECT DISTINCT sku FROM charges WHERE kind = 'correction'")).toEqual([
    { sku: 'container.memory' },
  ])
}, 120_000)

it('brings spend to the recomputation, to the last digit and in every cut, and a second run posts nothing', async () => {
  expect(await correct(...authority)).toMatchObject({ applied: true })
  const posted = await stack.rows(
    "SELECT count() AS n, uniqExact(ticket) AS t FROM charges WHERE kind = 'correction'",
  )
  expect(await correct(...authority)).toMatchObject({ applied: true, corrections: 0, differenceUsd: '0' })
  expect(
    await stack.rows("SELECT count() AS n, uniqExact(ticket) AS t FROM charges WHERE kind = 'correction'"),
  ).toEqual(posted)
  for (const [table, dimensions] of Object.entries(spendCuts)) {
    const query = cutQuery(table, dimensions)
    const expected = await readAll(reference.client, query)
    expect(expected.length).toBeGreaterThan(5)
    expect([table, await stack.rows(query)]).toEqual([table, expected])
  }
}, 120_000)

it('undoes a mistaken correction with a run of the book that was right', async () => {
  const [before] = await stack.rows("SELECT sum(cost_usd) AS usd FROM charges WHERE kind != 'correction'")
  await stack.json('charges', 'correct', ...window, ...authority)
  const [after] = await stack.rows('SELECT sum(cost_usd) AS usd FROM spend_by_day AS s')
  expect(after).toEqual(before)
}, 120_000)
