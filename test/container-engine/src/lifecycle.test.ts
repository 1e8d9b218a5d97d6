import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { startContainerEngine } from './engine.ts'
import { ask } from './testing/engine-client.ts'
import { isAlive, startTestWorker } from './testing/workerd.ts'
import type { TestWorker } from './testing/workerd.ts'

let worker: TestWorker
beforeAll(async () => {
  worker = await startTestWorker()
})
afterAll(() => worker.stop())

/** Leaves one child in the group of the command, one in a session of its own, and one that lost its parent too. */
const STRAYS = 'sleep 64 & echo $!; setsid sleep 65 & echo $!; (setsid sh -c "echo \\$\\$; exec sleep 66" &)'

async function startStrays(box: string): Promise<number[]> {
  await worker.start(box)
  const { stdout } = await worker.run(box, ({ sh }, script) => sh(script), STRAYS)
  return stdout.trim().split('\n').map(Number)
}

test('running says whether the container runs, and exec throws when it does not', async () => {
  const before = await worker.run('life', async ({ container, sh }) => {
    const refused = await sh('true').catch((error: unknown) => String(error))
    return { running: container.running, refused }
  })
  await worker.start('life')
  expect(before.running).toBe(false)
  expect(before.refused).toContain('not running')
  expect(await worker.run('life', async ({ container }) => container.running)).toBe(true)
})

test('inspect shows the labels and the image', async () => {
  await worker.start('labels', { labels: { box: 'labels', team: 'payments' } })
  const info = await worker.run('labels', ({ container }) => container.inspect())
  expect(info).toEqual({ labels: { box: 'labels', team: 'payments' }, image: 'any' })
})

test('destroy ends every process, strayed ones too, and deletes the directory', async () => {
  const pids = await startStrays('destroyed')
  const { directory } = worker.containerOf('destroyed')
  expect(pids.map(isAlive)).toEqual([true, true, true])
  await worker.run('destroyed', ({ container }) => container.destroy())
  expect(pids.filter(isAlive)).toEqual([])
  expect(existsSync(dirname(directory))).toBe(false)
  expect(() => worker.containerOf('destroyed')).toThrow('no container')
})

test('an object that is reset, time and again, never finds a container without its network', async () => {
  const reset = (): Promise<unknown> =>
    worker.run('reset', async ({ abort }) => abort()).catch((error: unknown) => error)
  for (let times = 0; times < 5; times++) {
    await worker.start('reset')
    await reset()
  }
  await worker.start('reset')
  expect((await worker.run('reset', ({ sh }) => sh('echo on'))).stdout).toBe('on\n')
})

test('one that is kept running without its object is found again by the next', async () => {
  await worker.start('kept')
  const { pid } = worker.containerOf('kept')
  await worker.run('kept', ({ container }) => container.setInactivityTimeout(600_000))
  await worker.run('kept', async ({ abort }) => abort()).catch(() => {})
  const found = await worker.run('kept', async ({ container, sh }) => ({
    running: container.running,
    said: (await sh('echo on')).stdout,
  }))
  expect(found).toEqual({ running: true, said: 'on\n' })
  expect(worker.containerOf('kept').pid).toBe(pid)
})

test('a container starts again after destroy, with an empty workspace', async () => {
  await worker.start('again')
  const first = worker.containerOf('again').pid
  const left = await worker.run('again', async ({ container, sh }) => {
    await sh('echo kept > file')
    const watched = container.monitor().catch(() => {})
    await container.destroy()
    await watched
    const stopped = container.running
    container.start({ enableInternet: false, labels: { box: 'again' } })
    return { stopped, ls: (await sh('ls')).stdout }
  })
  expect(left).toEqual({ stopped: false, ls: '' })
  expect(worker.containerOf('again').pid).not.toBe(first)
})

test('monitor resolves when the entrypoint exits with 0, and running is false then', async () => {
  const running = await worker.run('exits', async ({ container }) => {
    container.start({ enableInternet: false, entrypoint: ['sh', '-c', 'sleep 0.2'] })
    await container.monitor()
    return container.running
  })
  expect(running).toBe(false)
})

test('monitor rejects with the exit code of the entrypoint', async () => {
  const failed = await worker.run('fails', async ({ container }) => {
    container.start({ enableInternet: false, entrypoint: ['sh', '-c', 'exit 7'] })
    return container.monitor().catch((error: { exitCode: number }) => error.exitCode)
  })
  expect(failed).toBe(7)
})

test('the end of the entrypoint ends everything else in the container', async () => {
  const pid = await worker.run('main', async ({ container, sh }) => {
    container.start({
      enableInternet: false,
      entrypoint: ['sh', '-c', 'while [ ! -e stop ]; do sleep 0.05; done'],
    })
    const { stdout } = await sh('sleep 67 > /dev/null & echo $!; touch stop')
    await container.monitor()
    return Number(stdout)
  })
  expect(isAlive(pid)).toBe(false)
})

test('a signal reaches the entrypoint, which may answer it', async () => {
  const exitCode = await worker.run('signalled', async ({ container, sh }) => {
    const script = 'trap "exit 5" TERM; touch ready; while :; do sleep 0.05; done'
    container.start({ enableInternet: false, entrypoint: ['sh', '-c', script] })
    await sh('while [ ! -e ready ]; do sleep 0.02; done')
    container.signal(15)
    return container.monitor().catch((error: { exitCode: number }) => error.exitCode)
  })
  expect(exitCode).toBe(5)
})

test('a command that was running when the container was destroyed ends with 137', async () => {
  await worker.start('cut')
  const exitCode = await worker.run('cut', async ({ container }) => {
    const child = await container.exec(['sleep', '68'])
    await container.destroy()
    return child.exitCode.catch((error: unknown) => String(error))
  })
  expect([137, expect.stringContaining('Error')]).toContainEqual(exitCode)
})

test('stopping the engine leaves no process, no directory and no socket', async () => {
  const other = await startTestWorker()
  await other.start('box')
  const { stdout } = await other.run('box', ({ sh }, script) => sh(script), STRAYS)
  const { pid, directory } = other.containerOf('box')
  await other.stop()
  expect([pid, ...stdout.trim().split('\n').map(Number)].filter(isAlive)).toEqual([])
  expect(existsSync(directory)).toBe(false)
  expect(existsSync(other.engine.socketPath.replace('unix:', ''))).toBe(false)
})

test('when the engine dies without a word, its containers end and every directory goes', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const engine = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line]: unknown[] = await once(engine.stdout, 'data')
  const socketPath = String(line).trim()
  const root = dirname(socketPath.replace('unix:', ''))
  await ask(socketPath, 'POST', '/containers/create?name=c', { Image: 'any', Cmd: ['sleep', '69'] })
  await ask(socketPath, 'POST', '/containers/c/start')
  const state = await ask(socketPath, 'GET', '/containers/c/json')
  engine.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(root)).toBe(false))
  expect(state.body).toMatchObject({ State: { Status: 'running' } })
})

test('a socket that cannot be made is refused with its path, and nothing is left', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sandglass-refused-'))
  await expect(startContainerEngine({ socketPath: '/nowhere/engine.sock', root })).rejects.toThrow(
    '/nowhere/engine.sock',
  )
  expect(readdirSync(root)).toEqual([])
  rmSync(root, { recursive: true })
})
