import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { threadPoolSize } from './concurrency.ts'
import type { Exit } from './options.ts'
import type { Ready, Start, ToChild, ToParent } from './protocol.ts'

/** The child process as its parent sees it. */
export interface EngineProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** @throws Error when it cannot serve; then it has ended. */
  start(message: Start): Promise<Ready>
  /** Does nothing when it has ended or is already asked. */
  askToStop(): void
}

/** Last lines of a child that ended early, for the error. */
const LAST_LINES = 10

/** Starts the child; it ends when this process does, since its channel to it breaks. */
export function spawnEngineProcess(log: (line: string) => void): EngineProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@sandglass/source', main], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threadPoolSize(availableParallelism())) },
  })
  const exited = exitOf(child)
  const lines = followLines(child, log)
  return {
    pid: child.pid ?? 0,
    exited,
    start: async (message) => {
      send(child, message)
      return readyOf(child, exited, lines)
    },
    askToStop: () => send(child, { type: 'stop' }),
  }
}

/** Forwards each line and returns the list of the last ones, kept up to date. */
function followLines(child: ChildProcess, log: (line: string) => void): readonly string[] {
  const last: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      log(line)
      if (last.push(line) > LAST_LINES) last.shift()
    })
  }
  return last
}

/** A child that just ended cannot be told anything; its exit says enough. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {})
}

/** After the last line was read; `exit` alone may come before it. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}

async function readyOf(child: ChildProcess, exited: Promise<Exit>, lines: readonly string[]): Promise<Ready> {
  const answered = once(child, 'message').then(([message]: ToParent[]) => message)
  const answer = await Promise.race([answered, exited])
  if (answer && 'type' in answer && answer.type === 'ready') return answer
  const { code, signal } = await exited
  const early = [`it ended early (exit code ${code}, signal ${signal})`, ...lines].join('\n')
  throw new Error(
    `The embedded ClickHouse cannot start: ${answer && 'message' in answer ? answer.message : early}`,
  )
}
