/** `sandglass up` as a real process on a data directory of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RunningStack {
  readonly pid: number
  readonly otlpUrl: string
  readonly readUrl: string
  readonly output: () => string
  /** SIGKILL: nothing gets to say goodbye. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const READY_MS_MAX = 60_000
const POLL_MS = 50
const main = join(import.meta.dirname, '..', '..', 'cli', 'src', 'main.ts')

/** Starts it and waits until it says that it is up. Throws with its output when it ends before. */
export async function startAllInOne(dataDir: string, options: readonly string[] = []): Promise<RunningStack> {
  await rm(join(dataDir, 'endpoints.json'), { force: true })
  const child = spawn(
    process.execPath,
    [
      '--conditions=@sandglass/source',
      main,
      'up',
      '--data-dir',
      dataDir,
      '--otlp-port',
      '0',
      '--clickhouse-port',
      '0',
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
  const output = (): string => lines.join('')
  await until(() => {
    if (child.exitCode !== null) throw new Error(`sandglass up ended with ${child.exitCode}:\n${output()}`)
    return output().includes('Sandglass is up')
  }, output)
  const endpoints = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as Record<
    string,
    string
  >
  return {
    pid: child.pid ?? 0,
    otlpUrl: endpoints['otlpUrl'] ?? '',
    readUrl: endpoints['readUrl'] ?? '',
    output,
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  child.kill(signal)
  await exited
}

async function until(holds: () => boolean, describe: () => string): Promise<void> {
  const deadlineMs = Date.now() + READY_MS_MAX
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${READY_MS_MAX} ms:\n${describe()}`)
    await sleep(POLL_MS)
  }
}
