import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from '../end-to-end/run-cli.ts'
import { startMoneyStack, type MoneyStack } from './stack.ts'

const TOKEN = 'a-token-of-default'
const OTHER = 'a-token-of-another'

let stack: MoneyStack
beforeAll(async () => {
  const readers = [
    { token: TOKEN, tenants: ['default'] },
    { token: OTHER, tenants: ['another'] },
  ]
  stack = await startMoneyStack({ 'readers.yaml': JSON.stringify({ readers }) }, (dataDir) => [
    '--readers',
    join(dataDir, 'readers.yaml'),
  ])
  await stack.send({}, [
    {
      name: event.taskStarted,
      timeMs: Date.now() - 1000,
      attributes: { [attr.taskId]: 'task_1', [attr.teamId]: 'payments' },
    },
  ])
}, 120_000)
afterAll(() => stack.stop())

const read = async (query: string, token: string) => {
  const answer = await fetch(stack.readUrl, {
    method: 'POST',
    body: query,
    headers: { 'X-ClickHouse-Key': token },
  })
  return [answer.status, (await answer.text()).trim()]
}

it('a token reads its tenant, no token reads nothing, and the commands of this machine go on', async () => {
  await vi.waitUntil(async () => (await read('SELECT count() FROM task_starts', TOKEN))[1] === '1', {
    timeout: 30_000,
    interval: 100,
  })
  expect(await read('SELECT count() FROM task_starts', OTHER)).toEqual([200, '0'])
  expect((await read('SELECT 1', ''))[0]).toBe(403)
  const { exitCode, stdout } = await stack.cli('query', 'SELECT count() AS n FROM task_starts', '--json')
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, [{ n: 1 }]])
}, 120_000)

it('a file of readers that opens too much is refused, with every reason', async () => {
  const file = await stack.write(
    'bad.yaml',
    JSON.stringify({ readers: [{ token: 'short', tenants: ['*'] }] }),
  )
  const { exitCode, stderr } = await stack.cli('up', '--readers', file)
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/at least 16 characters/)
  expect(stderr).toMatch(/name the tenants/)
}, 120_000)

it('retention is planned, applied, and overridden by a legal hold', async () => {
  const ttlOf = async (table: string) =>
    /TTL .*? \+ toIntervalDay\((\d+)\)/.exec(
      String(
        (
          await stack.rows(`SELECT create_table_query AS ddl FROM system.tables WHERE name = '${table}'`)
        )[0]?.['ddl'],
      ),
    )?.[1]
  const file = await stack.write('retention.yaml', 'rawDays: 7\nauditDays: 90\n')
  const plan = await stack.cli('retention', 'apply', '--config', file, '--plan')
  expect([plan.exitCode, plan.stdout]).toEqual([
    0,
    expect.stringContaining('ALTER TABLE otel_logs MODIFY TTL'),
  ])
  expect(await ttlOf('otel_logs')).not.toBe('7')
  expect(await stack.json('retention', 'apply', '--config', file)).toMatchObject({
    applied: true,
    rawDays: 7,
  })
  expect([await ttlOf('otel_logs'), await ttlOf('policy_events')]).toEqual(['7', '90'])
  const hold = await stack.write('hold.yaml', 'rawDays: 7\nauditDays: 90\nlegalHold: true\n')
  expect(await stack.json('retention', 'apply', '--config', hold)).toMatchObject({ legalHold: true })
  expect([await ttlOf('otel_logs'), await ttlOf('policy_events')]).toEqual(['18250', '18250'])
  const bad = await stack.write('never.yaml', 'rawDays: 0\n')
  expect((await stack.cli('retention', 'apply', '--config', bad)).exitCode).toBe(2)
}, 120_000)

it('help shows where secrets come from, never what they are', async () => {
  vi.stubEnv('SANDGLASS_TOKEN', 'token-from-the-environment')
  vi.stubEnv('SANDGLASS_CLICKHOUSE_PASSWORD', 'password-from-the-environment')
  for (const args of [
    ['charges', 'correct'],
    ['close'],
    ['reconcile'],
    ['query'],
    ['doctor'],
    ['budget', 'override'],
  ]) {
    const { stdout } = await runCli(...args, '--help')
    expect(stdout).not.toContain('from-the-environment')
  }
  vi.unstubAllEnvs()
}, 120_000)

it('the roles of a server are printed for the tenants that are named', async () => {
  const { stdout } = await runCli('roles', '--tenant', 'acme', '--database', 'sandglass', '--json')
  const { statements } = JSON.parse(stdout) as { statements: string[] }
  expect(statements).toContain('GRANT grafana_reader TO grafana_reader_acme')
})
