import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Embedded, EmbeddedOptions, Exit } from './options.ts'
import type { Ready, Start, ToParent } from './protocol.ts'
import { threadPoolSize } from './concurrency.ts'

const USERNAME = 'sandglass'

/**
 * Starts ClickHouse in a child process and waits until both its ports answer.
 * @throws Error that names what stands in the way: the directory's owner, an unwritable path, a port in use.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const start = startMessage(options)
  const child = spawnEngine()
  const log = options.log ?? (() => {})
  forwardLines(child, log)
  const exited = exitOf(child)
  child.send(start)
  const ready = await firstAnswer(child, exited)
  const host = start.readHost.includes(':') ? `[${start.readHost}]` : start.readHost
  return {
    writeUrl: `http://127.0.0.1:${ready.writePort}`,
    readUrl: `http://${host}:${ready.readPort}`,
    username: start.username,
    password: start.password,
    credentialsFile: ready.credentialsFile,
    pid: child.pid ?? 0,
    exited,
    stop: async () => {
      if (child.connected) child.send({ type: 'stop' })
      await exited
    },
  }
}

function startMessage(options: EmbeddedOptions): Start {
  return {
    type: 'start',
    dataDir: options.dataDir,
    writePort: options.writePort ?? 0,
    readPort: options.readPort ?? 0,
    readHost: options.readHost ?? '127.0.0.1',
    readToken: options.readToken,
    username: USERNAME,
    password: randomBytes(24).toString('base64url'),
  }
}

function spawnEngine(): ChildProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  return spawn(process.execPath, ['--conditions=@sandglass/source', main], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: String(threadPoolSize(availableParallelism())),
      NODE_OPTIONS: '',
    },
  })
}

function forwardLines(child: ChildProcess, log: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', log)
  }
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}

async function firstAnswer(child: ChildProcess, exited: Promise<Exit>): Promise<Ready> {
  const died = exited.then(({ code, signal }) => {
    throw new Error(`the embedded ClickHouse ended before it was ready (exit code ${code}, signal ${signal})`)
  })
  const answer = once(child, 'message').then(([message]: ToParent[]) => message)
  const message = await Promise.race([answer, died])
  if (message?.type === 'ready') return message
  await exited
  throw new Error(`the embedded ClickHouse cannot start: ${message?.message}`)
}
