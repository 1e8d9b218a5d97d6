/**
 * The init process of one container. It is the parent of every command, so the kernel adds the CPU time of each one
 * it reaps to init's own account; and it outlives the engine just long enough to end the container when that dies.
 */
import { spawn } from 'node:child_process'
import { closeSync, constants, openSync, rmSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { endMembers } from '../container/members.ts'
import { exitCodeOfSignal } from '../signals.ts'
import { CONTAINER_DIRECTORY, CONTAINER_MARK } from './messages.ts'
import type { InitReply, SpawnRequest } from './messages.ts'

const IGNORED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

function reply(message: InitReply): void {
  process.send?.(message, undefined, undefined, () => {})
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN'
}

function refuse(id: string, error: unknown): void {
  reply({
    type: 'refused',
    id,
    code: errorCode(error),
    reason: error instanceof Error ? error.message : String(error),
  })
}

function openStdio(request: SpawnRequest): number[] {
  const [stdin, stdout, stderr] = request.stdio
  const { O_RDONLY, O_WRONLY } = constants
  return [openSync(stdin, O_RDONLY), openSync(stdout, O_WRONLY), openSync(stderr, O_WRONLY)]
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function run(request: SpawnRequest, stdio: number[]): void {
  const [command, ...args] = request.argv
  const child = spawn(command, args, { cwd: request.cwd, env: request.env, stdio, detached: true })
  child.on('error', (error) => refuse(request.id, error))
  child.on('exit', (code, signal) => {
    const exitCode = code ?? (signal === null ? 0 : exitCodeOfSignal(signal))
    reply({ type: 'exited', id: request.id, exitCode })
  })
  if (child.pid !== undefined) reply({ type: 'spawned', id: request.id, pid: child.pid })
}

function start(request: SpawnRequest): void {
  if (!isDirectory(request.cwd)) {
    reply({ type: 'refused', id: request.id, code: 'ENOTDIR', reason: 'no such directory in the container' })
    return
  }
  const stdio = openStdio(request)
  try {
    run(request, stdio)
  } catch (error) {
    refuse(request.id, error)
  } finally {
    for (const fd of stdio) closeSync(fd)
  }
}

async function endOfEngine(): Promise<void> {
  await endMembers(process.env[CONTAINER_MARK] ?? '', process.pid)
  const directory = process.env[CONTAINER_DIRECTORY]
  if (directory !== undefined) removeContainer(directory)
  process.exit(0)
}

/** Deletes the container's directory; the last container of a dead engine takes the engine's with it. */
function removeContainer(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  const containers = dirname(directory)
  try {
    rmdirSync(containers)
  } catch {
    return
  }
  rmSync(dirname(containers), { recursive: true, force: true })
}

for (const signal of IGNORED_SIGNALS) process.on(signal, () => {})
process.on('message', (message: SpawnRequest) => start(message))
process.on('disconnect', () => void endOfEngine())
reply({ type: 'ready' })
