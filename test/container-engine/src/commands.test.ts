import { createHash } from 'node:crypto'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { isAlive, startTestWorker } from './testing/workerd.ts'
import type { Shell, TestWorker } from './testing/workerd.ts'

let worker: TestWorker
beforeAll(async () => {
  worker = await startTestWorker()
  await worker.start('box')
})
afterAll(() => worker.stop())

const sh: Shell = (script, options = {}) =>
  worker.run('box', (scope, text, given) => scope.sh(text, given), script, options)

test('output, errors and the exit code come back apart', async () => {
  const result = await sh('echo out; echo err >&2; exit 3')
  expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 })
  expect(result.pid).toBeGreaterThan(0)
})

test('combined output carries both in one stream', async () => {
  const { stdout, stderr } = await sh('echo out; echo err >&2', { stderr: 'combined' })
  expect(stdout.split('\n').toSorted()).toEqual(['', 'err', 'out'])
  expect(stderr).toBe('')
})

test('standard output can be opened again by its path, as in a container', async () => {
  expect(await sh('echo a > /dev/stdout; echo b > /dev/stderr')).toMatchObject({
    stdout: 'a\n',
    stderr: 'b\n',
  })
})

test('a program that does not exist exits 127 and is named', async () => {
  const result = await worker.run('box', async ({ container }) => {
    const { stderr, exitCode } = await (await container.exec(['no-such-program'])).output()
    return { text: new TextDecoder().decode(stderr), exitCode }
  })
  expect(result.exitCode).toBe(127)
  expect(result.text).toContain('"no-such-program"')
})

test('a working directory that does not exist exits 126 and is named', async () => {
  const result = await sh('true', { cwd: '/nowhere' })
  expect(result.exitCode).toBe(126)
  expect(result.stderr).toContain('/nowhere')
})

test('cwd is a path of the container, by default its workspace', async () => {
  const { directory } = worker.containerOf('box')
  expect((await sh('mkdir -p sub; pwd')).stdout).toBe(`${directory}/workspace\n`)
  expect((await sh('pwd', { cwd: '/workspace/sub' })).stdout).toBe(`${directory}/workspace/sub\n`)
  expect((await sh('pwd', { cwd: '/../..' })).stdout).toBe(`${directory}\n`)
})

test('a whole word that is a path of the container is mapped, text in a script is not', async () => {
  await sh('echo here > note')
  const words = await worker.run('box', async ({ container }) => {
    const script = 'cat "$1"; echo "$F" /workspace/note'
    const options = { env: { F: '/workspace/note' } }
    const child = await container.exec(['sh', '-c', script, 'sh', '/workspace/note'], options)
    return new TextDecoder().decode((await child.output()).stdout)
  })
  expect(words).toBe(`here\n${worker.containerOf('box').directory}/workspace/note /workspace/note\n`)
})

test('a command inherits PATH of the start environment, and nothing else of it', async () => {
  await worker.start('env', { env: { FROM_START: 'x', PATH: '/usr/bin:/bin' } })
  const { stdout } = await worker.run('env', (scope) =>
    scope.sh('echo "$FROM_START|$MINE|$PATH"', { env: { MINE: 'y' } }),
  )
  expect(stdout).toBe('|y|/usr/bin:/bin\n')
})

test('standard input is piped, and its end arrives', async () => {
  const output = await worker.run('box', async ({ container }) => {
    const child = await container.exec(['sort'], { stdin: 'pipe' })
    const writer = child.stdin.getWriter()
    await writer.write(new TextEncoder().encode('b\na\n'))
    await writer.close()
    return new TextDecoder().decode((await child.output()).stdout)
  })
  expect(output).toBe('a\nb\n')
})

test('without standard input a command reads end of file at once', async () => {
  expect(await sh('cat; echo done')).toMatchObject({ stdout: 'done\n', exitCode: 0 })
})

test('a command that reads none of a large standard input ends', async () => {
  const exitCode = await worker.run('box', async ({ container }) => {
    const child = await container.exec(['true'], { stdin: 'pipe' })
    const writer = child.stdin.getWriter()
    writer.write(new Uint8Array(4_000_000)).catch(() => {})
    return child.exitCode
  })
  expect(exitCode).toBe(0)
})

test('40 MB of output arrive unchanged at a reader that stops and goes', async () => {
  const program = 'for (let i = 0; i < 40; i++) require("fs").writeSync(1, Buffer.alloc(1e6, i))'
  const got = await worker.run(
    'box',
    async ({ container }, code) => {
      const child = await container.exec(['node', '-e', code])
      const bytes = await new Response(child.stdout).arrayBuffer()
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
      return { bytes: bytes.byteLength, digest, exitCode: await child.exitCode }
    },
    program,
  )
  const hash = createHash('sha256')
  for (let i = 0; i < 40; i += 1) hash.update(Buffer.alloc(1e6, i))
  expect(got).toEqual({ bytes: 40_000_000, digest: hash.digest('hex'), exitCode: 0 })
})

test('a reader that waits makes the command wait', async () => {
  const { before, after } = await worker.run('box', async ({ container, sh }) => {
    const child = await container.exec([
      'sh',
      '-c',
      'while :; do head -c 65536 /dev/zero; echo >> progress; done',
    ])
    const settled = async (last: string): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 150))
      const now = (await sh('wc -l < progress')).stdout
      return now === last ? now : settled(now)
    }
    const before = await settled('')
    const after = await settled('')
    child.kill(9)
    return { before, after }
  })
  expect(after).toBe(before)
  expect(Number(after)).toBeLessThan(200)
})

test('output streams while the command runs', async () => {
  const first = await worker.run('box', async ({ container }) => {
    const child = await container.exec(['sh', '-c', 'echo one; exec sleep 60'])
    const part = await child.stdout.getReader().read()
    child.kill(15)
    return { text: new TextDecoder().decode(part.value), exitCode: await child.exitCode }
  })
  expect(first).toEqual({ text: 'one\n', exitCode: 143 })
})

test('kill reaches everything the command started', async () => {
  const { pids, exitCode } = await worker.run('box', async ({ container }) => {
    const child = await container.exec(['sh', '-c', 'sleep 61 & sleep 62 & echo $$ $!; wait'])
    const part = await child.stdout.getReader().read()
    child.kill(9)
    return {
      pids: new TextDecoder().decode(part.value).trim().split(' ').map(Number),
      exitCode: await child.exitCode,
    }
  })
  expect(exitCode).toBe(137)
  expect(pids).toHaveLength(2)
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]))
})

test('a command that leaves a child with its output open still ends', async () => {
  expect(await sh('sleep 63 & echo left')).toMatchObject({ stdout: 'left\n', exitCode: 0 })
})

test('twenty commands at once keep their outputs apart', async () => {
  const outputs = await worker.run('box', ({ sh }) =>
    Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await sh(`echo ${i}; sleep 0.1; echo ${i}`)).stdout),
    ),
  )
  expect(outputs).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n${i}\n`))
})
