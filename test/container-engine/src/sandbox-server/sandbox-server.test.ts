import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { listen } from '../network/loopback.ts'
import { createSandboxServer } from './server.ts'
import { closeWorkbench, createWorkbench } from './workbench.ts'
import type { Workbench } from './workbench.ts'

const SOON = { timeout: 20_000 }

let root: string
let bench: Workbench
let server: Server
let url: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sandbox-server-'))
  for (const name of ['workspace', 'tmp', 'root']) mkdirSync(join(root, name))
  bench = createWorkbench(join(root, 'workspace'), '127.0.0.1')
  server = createSandboxServer(bench)
  url = `http://127.0.0.1:${await listen(server)}`
})
afterAll(async () => {
  await closeWorkbench(bench)
  server.close()
  server.closeAllConnections()
  rmSync(root, { recursive: true, force: true })
})

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer: Record<string, unknown> = JSON.parse(await response.text())
  return { status: response.status, ...answer }
}
const post = (path: string, body: object) => call('POST', path, body)
const execute = (command: string, more: object = {}) =>
  post('/api/execute', { command, sessionId: 'one', ...more })

async function events(path: string, body: object): Promise<Record<string, unknown>[]> {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })
  const text = await response.text()
  return text
    .split('\n\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.slice('data: '.length)))
}

describe('a session', () => {
  test('keeps directory and variables from one command to the next, and its own apart from others', async () => {
    await execute('cd /tmp; export A=1; f() { echo "f $1"; }')
    expect(await execute('pwd; echo $A; f 2')).toMatchObject({ stdout: '/tmp\n1\nf 2\n', exitCode: 0 })
    expect(await execute('pwd; echo "$A"', { sessionId: 'two' })).toMatchObject({ stdout: '/workspace\n\n' })
  })

  test('takes directory and variables for one command alone', async () => {
    await execute('cd /workspace')
    const inside = await execute('pwd; echo $B; C=stays', { cwd: '/root', env: { B: "it's" } })
    expect(inside).toMatchObject({ stdout: "/root\nit's\n" })
    expect(await execute('pwd; echo "$B$C"')).toMatchObject({ stdout: '/workspace\nstays\n' })
  })

  test('that a command ended is said to have ended, and begins anew', async () => {
    expect(await execute('exit 7')).toMatchObject({ status: 410, code: 'SESSION_TERMINATED' })
    expect(await execute('echo again')).toMatchObject({ stdout: 'again\n' })
  })

  test('is made once', async () => {
    expect(await post('/api/session/create', { id: 'made' })).toMatchObject({ success: true })
    expect(await post('/api/session/create', { id: 'made' })).toMatchObject({
      status: 409,
      code: 'SESSION_ALREADY_EXISTS',
    })
  })

  test('answers a command that fails with its code, and one that takes too long with an error', async () => {
    expect(await execute('sh -c "echo no >&2; exit 3"')).toMatchObject({
      success: false,
      exitCode: 3,
      stderr: 'no\n',
    })
    const slow = await execute('sleep 30', { timeoutMs: 50, sessionId: 'slow' })
    expect(slow).toMatchObject({ status: 500, code: 'COMMAND_EXECUTION_ERROR' })
    expect(await execute('echo here', { sessionId: 'slow' })).toMatchObject({ stdout: 'here\n' })
  })
})

test('a stream tells start, output and exit code', async () => {
  const told = await events('/api/execute/stream', { command: 'echo a; echo b >&2; exit 5' })
  expect(told.map(({ type }) => type)).toEqual(['start', 'stdout', 'stderr', 'complete'])
  expect(told.at(-1)).toMatchObject({ exitCode: 5 })
})

test('a process is listed, its output kept, and it is killed with what it started', async () => {
  const { processId } = await post('/api/process/start', { command: 'echo up; sleep 60 & wait' })
  const path = `/api/process/${String(processId)}`
  await expect.poll(() => call('GET', `${path}/logs`), SOON).toMatchObject({ stdout: 'up\n' })
  expect(await call('DELETE', path)).toMatchObject({ success: true })
  expect(await call('GET', path)).toMatchObject({ process: { status: 'killed' } })
  expect(await call('GET', '/api/process/none')).toMatchObject({ status: 404, code: 'PROCESS_NOT_FOUND' })
})

test('files of the API are the files that commands see, by the same absolute paths', async () => {
  await post('/api/write', { path: '/workspace/sub/a.txt', content: 'héllo' })
  expect(
    await execute('cat /workspace/sub/a.txt; cp /workspace/sub/a.txt "/tmp/b c"; ls /tmp/b*'),
  ).toMatchObject({
    stdout: 'héllo/tmp/b c\n',
  })
  expect(await post('/api/read', { path: '/tmp/b c' })).toMatchObject({ content: 'héllo', size: 6 })
  expect(await post('/api/exists', { path: '/etc/passwd' })).toMatchObject({ exists: false })
  expect(await post('/api/read', { path: '../../../etc/passwd' })).toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test('a binary file comes back whole, at once and as a stream', async () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256))
  writeFileSync(join(root, 'workspace', 'bin'), bytes)
  const { content, encoding } = await post('/api/read', { path: '/workspace/bin' })
  expect(encoding).toBe('base64')
  expect(Buffer.from(String(content), 'base64').equals(bytes)).toBe(true)
  const told = await events('/api/read/stream', { path: '/workspace/bin' })
  const parts = told
    .filter(({ type }) => type === 'chunk')
    .map(({ data }) => Buffer.from(String(data), 'base64'))
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
})

test('a repository of this machine is cloned; one that is not there is not found', async () => {
  const source = join(root, 'source')
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', source, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args])
  mkdirSync(source)
  git('init', '--quiet', '--initial-branch=main')
  git('commit', '--quiet', '--allow-empty', '--message', 'first')
  expect(await post('/api/git/checkout', { repoUrl: source })).toMatchObject({
    branch: 'main',
    targetDir: '/workspace/source',
  })
  expect(await post('/api/git/checkout', { repoUrl: '/no/such.git' })).toMatchObject({
    code: 'GIT_REPOSITORY_NOT_FOUND',
  })
})

test.each([
  ['python', 'x = 20\nprint("seen")', 'x + 22'],
  ['javascript', 'var x = 20; console.log("seen")', 'x + 22'],
  ['typescript', 'var x: number = 20; console.log("seen")', 'x + 22'],
])('code in %s remembers what came before it', async (language, first, second) => {
  const { contextId: context_id } = await post('/api/contexts', { language })
  expect((await events('/api/execute/code', { context_id, code: first }))[0]).toEqual({
    type: 'stdout',
    text: 'seen\n',
  })
  expect((await events('/api/execute/code', { context_id, code: second }))[0]).toMatchObject({ text: '42' })
  expect((await events('/api/execute/code', { context_id, code: 'nope()' }))[0]).toMatchObject({
    type: 'error',
  })
  expect(await call('DELETE', `/api/contexts/${String(context_id)}`)).toMatchObject({ success: true })
})

test('a check says whether anything changed since', async () => {
  mkdirSync(join(root, 'workspace/watched'), { recursive: true })
  const check = (since?: unknown) => post('/api/watch/check', { path: '/workspace/watched', since })
  const { version } = await check()
  expect(await check(version)).toMatchObject({ status: 'unchanged' })
  await post('/api/write', { path: '/workspace/watched/new', content: '' })
  await expect.poll(() => check(version), SOON).toMatchObject({ status: 'changed' })
  expect(await check('other:1')).toMatchObject({ status: 'resync' })
})

test('a watch tells what is made, moved and deleted, a move by both of its names', async () => {
  const directory = join(root, 'workspace/moved')
  mkdirSync(directory, { recursive: true })
  const stop = new AbortController()
  const response = await fetch(`${url}/api/watch`, {
    method: 'POST',
    body: JSON.stringify({ path: '/workspace/moved' }),
    signal: stop.signal,
  })
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  let said = ''
  const until = async (wanted: string): Promise<void> => {
    while (!said.includes(wanted)) said += (await reader.read()).value ?? ''
  }
  await until('watching')
  writeFileSync(join(directory, 'a'), '1')
  await until('"create"')
  renameSync(join(directory, 'a'), join(directory, 'b'))
  await until('move_to')
  rmSync(join(directory, 'b'))
  await until('"delete"')
  stop.abort()
  const told = [...said.matchAll(/"eventType":"(\w+)","path":"([^"]+)"/g)].map(([, kind, path]) => [
    kind,
    path,
  ])
  expect(told.filter(([kind]) => kind !== 'modify')).toEqual([
    ['create', '/workspace/moved/a'],
    ['move_from', '/workspace/moved/a'],
    ['move_to', '/workspace/moved/b'],
    ['delete', '/workspace/moved/b'],
  ])
})
