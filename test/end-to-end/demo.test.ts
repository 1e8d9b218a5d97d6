import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { ruleQueryAt, rules } from '@sandglass/alerts'
import { dashboardQueries, interpolateQuery } from '@sandglass/dashboards'
import { loadRunbook } from '@sandglass/runbooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TaskReport } from '../../cli/src/task/task-report.ts'
import { startAllInOne, type RunningStack } from './all-in-one.ts'
import { runCli, type CliResult } from './run-cli.ts'

const TEST_MS_MAX = 240_000

let dataDir: string
let demo: CliResult
let stack: RunningStack | undefined

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sandglass-demo-'))
  demo = await runCli(
    'demo',
    '--once',
    '--json',
    '--data-dir',
    dataDir,
    '--otlp-port',
    '0',
    '--clickhouse-port',
    '0',
  )
  stack = await startAllInOne(dataDir)
}, TEST_MS_MAX)

afterAll(async () => {
  await stack?.stop()
  await rm(dataDir, { recursive: true, force: true })
}, TEST_MS_MAX)

const summary = (): Record<string, number> =>
  JSON.parse(demo.stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>

test('the demonstration ends well and counts more than nothing of everything', () => {
  expect(demo.exitCode, demo.stderr).toBe(0)
  const names =
    'tasks toolCalls prompts commands fileMutations secretsAllowed secretsDenied policyOverrides cpuSeconds costUsd ' +
    'spansAcked spansStored suspensions resumes budgetDecisions'
  for (const name of names.split(' ')) expect(summary()[name], name).toBeGreaterThan(0)
})

test('every acknowledged span is stored, once', () => {
  expect(summary()['spansStored']).toBe(summary()['spansAcked'])
})

test('the untrusted task is explained: prompt, actor, command, file, denial, override with its ticket, cost', async () => {
  const { stdout } = await runCli('task', untrustedTask(), '--json', '--data-dir', dataDir)
  const { task, timeline, costUsd } = JSON.parse(stdout) as TaskReport
  const rewrite = timeline.find(({ kind, text }) => kind === 'file' && text.includes('(manifest'))
  const prompt = timeline.find(({ kind, prompt_id }) => kind === 'prompt' && prompt_id === rewrite?.prompt_id)
  expect(task).toMatchObject({ trust_tier: 'C', outcome: 'success' })
  expect(rewrite?.text, 'the file and the command that changed it').toMatch(/modify .*\.yaml .* by /)
  expect(prompt?.actor, 'the actor of the prompt behind it').not.toBe('')
  expect(timeline).toContainEqual(expect.objectContaining({ kind: 'secret', outcome: 'denied' }))
  expect(timeline).toContainEqual(
    expect.objectContaining({
      kind: 'policy',
      text: expect.stringMatching(/overrode .* ticket OPS-1042/) as string,
    }),
  )
  expect(Number(costUsd)).toBeGreaterThan(0)
})

const untrustedTask = (): string => /untrusted-prompt: success \(task ([\w-]+)\)/.exec(demo.stderr)?.[1] ?? ''

async function readRows(query: string): Promise<readonly Record<string, unknown>[]> {
  const client = createClient({ url: stack?.readUrl ?? '' })
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json()
  } finally {
    await client.close()
  }
}

const shipped = dashboardQueries().filter(({ name }) => /^(task|spend)\.json/.test(name))

test.each(shipped)('the dashboard query $name answers on what the demonstration left', async ({ sql }) => {
  const nowMs = Date.now()
  const variables = {
    tenant: 'default',
    task: untrustedTask(),
    team: ['platform', 'research', 'payments', 'finance'],
  }
  const query = interpolateQuery(sql, {
    fromMs: nowMs - 3_600_000,
    toMs: nowMs,
    intervalMs: 60_000,
    variables,
  })
  expect(Array.isArray(await readRows(query))).toBe(true)
})

test('the file timeline of the task dashboard shows the rewritten manifest', async () => {
  const sql = shipped.find(({ name }) => name.startsWith('task.json/File timeline'))?.sql ?? ''
  const nowMs = Date.now()
  const variables = { tenant: 'default', task: untrustedTask(), team: ['platform'] }
  const rows = await readRows(
    interpolateQuery(sql, { fromMs: nowMs - 3_600_000, toMs: nowMs, intervalMs: 60_000, variables }),
  )
  expect(rows).toContainEqual(expect.objectContaining({ category: 'manifest' }))
})

test.each(rules)('the alert $name answers on what the demonstration left', async (rule) => {
  expect(await readRows(ruleQueryAt(rule, Date.now()))).not.toEqual([])
})

test('the runbook of an alert runs with the labels the alert names', async () => {
  const { queries } = loadRunbook('SpendOverBudget')
  const labels = {
    tenant: 'default',
    budget: 'research-task-cpu',
    scope: 'team=research',
    window: 'rolling:1h',
  }
  const params = Object.entries(labels).flatMap(([name, value]) => ['--param', `${name}=${value}`])
  const { exitCode, stdout, stderr } = await runCli(
    'runbook',
    'run',
    'SpendOverBudget',
    '--json',
    '--data-dir',
    dataDir,
    ...params,
  )
  expect(exitCode, stderr).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(queries.length)
})

test('a task that is not there, and a query that is wrong, say what to do', async () => {
  const unknown = await runCli('task', 'nope', '--data-dir', dataDir)
  expect(unknown.exitCode).toBe(2)
  expect(unknown.stderr).toMatch(/no task nope is stored: sandglass query tasks/)
  const wrong = await runCli('query', 'SELECT nope', '--data-dir', dataDir)
  expect(wrong.exitCode).toBe(1)
  expect(wrong.stderr).toMatch(/nope/)
})

test('the read port of the running stack refuses to write', async () => {
  const { exitCode, stderr } = await runCli('query', 'DROP TABLE otel_logs', '--data-dir', dataDir)
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/query failed/)
})

test('doctor proves the round trip on the running stack', async () => {
  const { exitCode, stdout } = await runCli('doctor', '--json', '--data-dir', dataDir)
  expect(exitCode, stdout).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ ok: true })
})

test('a second stack on the same directory is refused with the name of the owner', async () => {
  const { exitCode, stderr } = await runCli(
    'up',
    '--data-dir',
    dataDir,
    '--otlp-port',
    '0',
    '--clickhouse-port',
    '0',
  )
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/in use by process \d+/)
})

test('a port that is taken is named', async () => {
  const other = await mkdtemp(join(tmpdir(), 'sandglass-port-'))
  try {
    const port = new URL(stack?.otlpUrl ?? '').port
    const { exitCode, stderr } = await runCli(
      'up',
      '--data-dir',
      other,
      '--otlp-port',
      port,
      '--clickhouse-port',
      '0',
    )
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(port)
  } finally {
    await rm(other, { recursive: true, force: true })
  }
})

test('budgets that are wrong are refused with all their faults at once', async () => {
  const path = join(dataDir, 'wrong-budgets.yaml')
  await writeFile(
    path,
    'version: 1\nbudgets:\n  - id: BAD ID\n    scope: {}\n    metric: money\n    limits: []\n',
  )
  const other = await mkdtemp(join(tmpdir(), 'sandglass-wrong-'))
  try {
    const ports = ['--otlp-port', '0', '--clickhouse-port', '0']
    const { exitCode, stderr } = await runCli('up', '--data-dir', other, '--budgets', path, ...ports)
    expect(exitCode).not.toBe(0)
    for (const fault of ['id', 'metric', 'limits']) expect(stderr).toContain(fault)
  } finally {
    await rm(other, { recursive: true, force: true })
  }
})
