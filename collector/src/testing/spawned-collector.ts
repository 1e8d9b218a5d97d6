/** A collector as people run it: `main.ts` in a process of its own, with its workers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { encodeSpans } from './otlp-bodies.ts'
import { poll } from './test-collector.ts'

export interface SpawnedCollector {
  readonly child: ChildProcess
  /** Lines of its log, parsed; grows. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Its URL, once every worker accepts requests; rejects when it ends before. */
  readonly ready: Promise<string>
  /** Process ids of the workers, newest last; grows. */
  readonly workerPids: readonly number[]
}

/** Its configuration, on a free port, is written into `directory`. */
export async function spawnCollector(directory: string, config: object): Promise<SpawnedCollector> {
  const path = join(directory, 'collector.json')
  await writeFile(path, JSON.stringify({ listen: { port: 0 }, ...config }))
  const main = join(import.meta.dirname, '..', 'main.ts')
  const child = spawn(process.execPath, ['--conditions=@sandglass/source', main, '--config', path])
  const lines: Readonly<Record<string, unknown>>[] = []
  const workerPids: number[] = []
  createInterface({ input: child.stderr }).on('line', (text) => {
    const line = parseLine(text)
    lines.push(line)
    if (line['event'] === 'startedWorker') workerPids.push(Number(line['pid']))
  })
  const ready = readyOf(child, child.stdout)
  ready.catch(() => undefined)
  return { child, lines, ready, workerPids }
}

async function readyOf(child: ChildProcess, output: Readable): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${String(code)}`)))
  const [line] = await Promise.race([once(createInterface({ input: output }), 'line'), ended])
  return (JSON.parse(String(line)) as { url: string }).url
}

/** What is not JSON was written by a process that broke down; the test shall see it. */
function parseLine(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return { event: 'unreadable', text }
  }
}

/** Resolves with the exit code once the process has ended; its workers may take a moment longer. */
export async function endCollector(
  { child }: SpawnedCollector,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill('SIGCONT')
  child.kill(signal)
  await exited
  return child.exitCode
}

/** Waits for the workers to end; how many have not. */
export const livingWorkers = ({ workerPids }: SpawnedCollector): Promise<number> =>
  poll(
    async () => workerPids.filter(isAlive).length,
    (count) => count === 0,
  )

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** An export request of spans with ids of their own. */
export const randomSpans = (name: string, spans: number): Buffer =>
  encodeSpans(
    Array.from({ length: spans }, () => ({
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name,
      startMs: Date.now(),
    })),
  )

const ANSWER_MS_MAX = 5_000

/** The status; 0 when there is no answer. A connection of its own each time, so that any worker may get it. */
export async function postOnce(url: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf', connection: 'close' }
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body, signal }).catch(
    () => undefined,
  )
  return response?.status ?? 0
}

/** Sends the request again until it is acknowledged, as clients do; the last status. */
export const postUntilAcked = (url: string, body: Buffer): Promise<number> =>
  poll(
    () => postOnce(url, body),
    (status) => status === 200,
  )
