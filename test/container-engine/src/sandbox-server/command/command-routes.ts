import type { Body } from '../protocol/body.ts'
import type { EventStream } from '../protocol/event-stream.ts'
import type { Call, Route } from '../protocol/route.ts'
import type { BackgroundProcess } from './background-process.ts'
import type { Command } from './session-shell.ts'

const now = (): string => new Date().toISOString()

function commandOf({ bench, body }: Call): Command {
  const cwd = body.text('cwd')
  return {
    line: bench.paths.command(body.required('command')),
    cwd: cwd === undefined ? undefined : bench.paths.host(cwd),
    env: body.record('env'),
    timeoutMs: body.number('timeoutMs'),
  }
}

async function execute(call: Call): Promise<Record<string, unknown>> {
  const { bench, body } = call
  const command = commandOf(call)
  const sessionId = body.text('sessionId')
  const { stdout, stderr, exitCode } = await bench.sessions.with(sessionId, (shell) => shell.run(command))
  return {
    success: exitCode === 0,
    exitCode,
    stdout: bench.paths.output(stdout),
    stderr: bench.paths.output(stderr),
    command: body.text('command'),
    duration: 0,
    sessionId,
  }
}

/** Sends what a process says until it ends, or nobody reads any more. */
async function follow(
  process: BackgroundProcess,
  events: EventStream,
  last: () => Record<string, unknown>,
): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const leave = process.listen({
    onOutput: (type, data) => events.send({ type, data, processId: process.id, timestamp: now() }),
    onEnd: resolve,
  })
  await Promise.race([promise, events.closed])
  leave()
  events.send({ ...last(), timestamp: now() })
  events.end()
  return undefined
}

async function executeStream({ bench, body, stream }: Call): Promise<undefined> {
  const process = await bench.processes.start(body)
  const events = stream()
  events.send({ type: 'start', command: process.command, timestamp: now() })
  return follow(process, events, () => ({ type: 'complete', exitCode: process.exitCode }))
}

async function streamLogs({ bench, id, stream }: Call): Promise<undefined> {
  const process = bench.processes.find(id)
  const events = stream()
  const { command, status } = process
  events.send({ type: 'process_info', processId: id, command, status, timestamp: now() })
  return follow(process, events, () => ({
    type: 'exit',
    processId: id,
    exitCode: process.exitCode,
    data: `Process ${process.status} with exit code ${process.exitCode}`,
  }))
}

async function startProcess({ bench, body }: Call): Promise<Record<string, unknown>> {
  const { id, pid, command } = await bench.processes.start(body)
  return { processId: id, pid, command }
}

function createSession({ bench, body }: Call): Record<string, unknown> {
  const { id } = bench.sessions.create(sessionIdOf(body), body.text('cwd'), body.record('env'))
  return { data: { id }, containerPlacementId: null }
}

const sessionIdOf = (body: Body): string => body.text('id') ?? `session_${Date.now()}`

export const COMMAND_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/session/create', answer: createSession },
  { method: 'GET', path: '/api/session/list', answer: ({ bench }) => ({ data: bench.sessions.ids() }) },
  {
    method: 'POST',
    path: '/api/session/delete',
    async answer({ bench, body }) {
      const sessionId = body.required('sessionId')
      await bench.sessions.delete(sessionId)
      return { sessionId }
    },
  },
  { method: 'POST', path: '/api/execute', answer: execute },
  { method: 'POST', path: '/api/execute/stream', answer: executeStream },
  { method: 'POST', path: '/api/process/start', answer: startProcess },
  {
    method: 'GET',
    path: '/api/process/list',
    answer: ({ bench }) => ({ processes: bench.processes.all().map((one) => one.describe()) }),
  },
  {
    method: 'DELETE',
    path: '/api/process/kill-all',
    answer: async ({ bench }) => ({ cleanedCount: await bench.processes.killAll() }),
  },
  {
    method: 'GET',
    path: '/api/process/:id',
    answer: ({ bench, id }) => ({ process: bench.processes.find(id).describe() }),
  },
  {
    method: 'DELETE',
    path: '/api/process/:id',
    async answer({ bench, id }) {
      await bench.processes.find(id).kill()
      return { processId: id }
    },
  },
  {
    method: 'GET',
    path: '/api/process/:id/logs',
    answer: ({ bench, id }) => ({ processId: id, ...bench.processes.find(id).logs }),
  },
  { method: 'GET', path: '/api/process/:id/stream', answer: streamLogs },
]
