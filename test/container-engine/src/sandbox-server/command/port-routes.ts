import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Call, Route } from '../protocol/route.ts'

const INTERVAL_MS = { min: 100, default: 500, max: 10_000 } as const
const ANSWER_TIMEOUT_MS = 5_000
const LOOPBACK = '127.0.0.1'

interface Wanted {
  readonly port: number
  readonly mode: string
  readonly path: string
  readonly statusMin: number
  readonly statusMax: number
}

async function accepts(port: number, host: string): Promise<boolean> {
  const socket = connect({ port, host })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function answersAt(
  host: string,
  wanted: Wanted,
): Promise<{ readonly statusCode?: number } | undefined> {
  if (!(await accepts(wanted.port, host))) return undefined
  if (wanted.mode === 'tcp') return {}
  try {
    const url = new URL(wanted.path, `http://${host}:${wanted.port}`)
    const { status, body } = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    await body?.cancel()
    return status >= wanted.statusMin && status <= wanted.statusMax ? { statusCode: status } : undefined
  } catch {
    return undefined
  }
}

function wantedOf({ body }: Call): Wanted {
  return {
    port: body.number('port') ?? 0,
    mode: body.text('mode') ?? 'http',
    path: body.text('path') ?? '/',
    statusMin: body.number('statusMin') ?? 200,
    statusMax: body.number('statusMax') ?? 399,
  }
}

/** Says when a port answers, or that the process it belongs to has ended. */
async function watchPort(call: Call): Promise<undefined> {
  const { bench, body } = call
  const wanted = wantedOf(call)
  const { port } = wanted
  const processId = body.text('processId')
  const process = processId === undefined ? undefined : bench.processes.find(processId)
  const interval = Math.max(
    INTERVAL_MS.min,
    Math.min(body.number('interval') ?? INTERVAL_MS.default, INTERVAL_MS.max),
  )
  const events = call.stream()
  events.send({ type: 'watching', port })
  for (let isDone = false; !isDone && events.isOpen;) {
    const answer = (await answersAt(bench.address, wanted)) ?? (await answersAt(LOOPBACK, wanted))
    isDone = answer !== undefined || process?.isRunning === false
    if (answer !== undefined) events.send({ type: 'ready', port, ...answer })
    else if (isDone) events.send({ type: 'process_exited', port, exitCode: process?.exitCode })
    else await Promise.race([sleep(interval), events.closed])
  }
  events.end()
  return undefined
}

export const PORT_ROUTES: readonly Route[] = [{ method: 'POST', path: '/api/port-watch', answer: watchPort }]
