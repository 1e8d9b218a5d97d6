import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'sandglass-enforcer-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const main = join(import.meta.dirname, 'main.ts')
  const child = spawn(process.execPath, ['--conditions=@sandglass/source', main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ready = once(createInterface(child.stdout), 'line').then(([line]): Record<string, string> =>
    JSON.parse(String(line)),
  )
  return { child, ready, errors: () => errors, exit: once(child, 'exit').then(([code]) => Number(code)) }
}

const unreachable = `clickhouse: { url: 'http://127.0.0.1:1' }\ncollector: { url: 'http://127.0.0.1:1' }\ntickMs: 100\n`

test('it says once that it is ready, answers health and metrics, and stops in order', async () => {
  const { child, ready, exit } = start(['--config', file('ok.yaml', unreachable)])
  const line = await ready
  expect(line).toMatchObject({ event: 'ready', name: 'enforcer' })
  await expect.poll(async () => (await fetch(`${line['url']}/health`)).status, { timeout: 10_000 }).toBe(200)
  expect(await (await fetch(`${line['url']}/metrics`)).text()).toMatch(
    /sandglass_enforcer_ticks_total\{result="ok"\} \d/,
  )
  expect((await fetch(`${line['url']}/elsewhere`)).status).toBe(404)
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
})

test('it ends when its parent is gone', async () => {
  const { child, ready, exit } = start(['--config', file('stdin.yaml', unreachable)], {
    SANDGLASS_EXIT_WITH_STDIN: '1',
  })
  await ready
  child.stdin.end()
  expect(await exit).toBe(0)
})

test('every fault of configuration and budgets is named, and the exit code is 2', async () => {
  file('budgets.yaml', 'version: 1\nbudgets:\n  - { id: X, scope: {}, metric: love, limits: [] }\n')
  const budgets = start(['--config', file('budgets-file.yaml', 'budgetsFile: budgets.yaml\n')])
  expect(await budgets.exit).toBe(2)
  expect(budgets.errors()).toMatch(/budgets\.yaml: 3 problem[\s\S]*\.id[\s\S]*\.metric[\s\S]*\.limits/)
  const config = start(['--config', file('bad.yaml', 'tickMs: 1\ngovernor: { url: nope, secret: short }\n')])
  expect(await config.exit).toBe(2)
  expect(config.errors()).toMatch(/governor\.url[\s\S]*governor\.secret[\s\S]*tickMs/)
})

test('budgets are read again on SIGHUP, and faulty ones leave those in force', async () => {
  const budgets = file('reload.yaml', 'version: 1\n')
  const { child, ready, errors, exit } = start([
    '--config',
    file('reload-config.yaml', `${unreachable}budgetsFile: reload.yaml\n`),
  ])
  await ready
  child.kill('SIGHUP')
  await expect.poll(errors, { timeout: 10_000 }).toMatch(/budgets read again/)
  writeFileSync(budgets, 'version: 2\n')
  child.kill('SIGHUP')
  await expect.poll(errors, { timeout: 10_000 }).toMatch(/those in force stay/)
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
})

test('an address that is taken is an operational failure', async () => {
  const first = start(['--config', file('a.yaml', unreachable)])
  const { port } = new URL((await first.ready)['url'] ?? '')
  const second = start(['--config', file('b.yaml', `${unreachable}listen: { port: ${port} }\n`)])
  expect(await second.exit).toBe(1)
  expect(second.errors()).toMatch(/cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*listen\.port/)
  first.child.kill('SIGTERM')
  expect(await first.exit).toBe(0)
})
