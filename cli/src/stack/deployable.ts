/** Runs one deployable as a child process that dies with this one, and waits for its ready line. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { OperationError } from '../errors.ts'

export interface DeployableOptions {
  readonly name: string
  /** Path of its main.ts. */
  readonly main: string
  readonly configPath: string
  /** Takes each line the child writes to stderr. */
  readonly log: (line: string) => void
}

export interface Deployable {
  readonly name: string
  readonly pid: number
  /** Fields of the ready line, such as `url`. */
  readonly ready: Readonly<Record<string, unknown>>
  readonly exited: Promise<string>
  stop(): Promise<void>
}

const READY_MS_MAX = 60_000
const STOP_MS_MAX = 30_000
const LOG_LINES_KEPT = 20

/** Throws OperationError with the child's last lines when it ends, or stays silent, before it is ready. */
export async function startDeployable(options: DeployableOptions): Promise<Deployable> {
  const child = spawn(
    process.execPath,
    ['--conditions=@sandglass/source', options.main, '--config', options.configPath],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, SANDGLASS_EXIT_WITH_STDIN: '1' },
      detached: true,
    },
  )
  const lastLines = keepLines(child.stderr, options.log)
  const exited = exitOf(child)
  const ready = await Promise.race([
    readyLine(child.stdout),
    exited.then((how) => raise(`${options.name} ended before it was ready (${how})`, lastLines)),
    timeout(READY_MS_MAX).then(() =>
      raise(`${options.name} was not ready within ${READY_MS_MAX} ms`, lastLines),
    ),
  ])
  child.stdout.resume()
  return { name: options.name, pid: child.pid ?? 0, ready, exited, stop: () => stopChild(child, exited) }
}

function keepLines(stream: Readable, log: (line: string) => void): string[] {
  const kept: string[] = []
  createInterface({ input: stream }).on('line', (line) => {
    kept.push(line)
    if (kept.length > LOG_LINES_KEPT) kept.shift()
    log(line)
  })
  return kept
}

function readyLine(stream: Readable): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    createInterface({ input: stream }).on('line', (line) => {
      const message = parseObject(line)
      if (message['event'] === 'ready') resolve(message)
    })
  })
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
}

function raise(message: string, lastLines: readonly string[]): never {
  throw new OperationError([message, ...lastLines].join('\n  '))
}

const timeout = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.kill('SIGTERM')
  const graceful = await Promise.race([exited.then(() => true), timeout(STOP_MS_MAX).then(() => false)])
  if (!graceful) child.kill('SIGKILL')
  await exited
}
