import { randomUUID } from 'node:crypto'

import type { Body } from '../protocol/body.ts'
import { ProtocolError, fileError } from '../protocol/protocol-error.ts'
import type { Call, Route } from '../protocol/route.ts'
import { DirectoryWatch } from './directory-watch.ts'
import type { FileEvent, WatchFilter } from './directory-watch.ts'

/** A watch that answers "has anything changed since?". */
interface ChangeCounter {
  readonly id: string
  readonly watch: DirectoryWatch
  changes: number
}

export type ChangeCounters = Map<string, ChangeCounter>

function filterOf(body: Body): WatchFilter {
  const [include, exclude] = [body.texts('include'), body.texts('exclude')]
  if (include.length > 0 && exclude.length > 0)
    throw new ProtocolError('VALIDATION_FAILED', 'include and exclude cannot be used together')
  return { recursive: body.flag('recursive') ?? true, include, exclude }
}

function directoryOf({ bench, body }: Call): string {
  const path = body.required('path')
  const host = bench.paths.host(path)
  if (!bench.paths.inside(host).startsWith('/workspace'))
    throw new ProtocolError('PERMISSION_DENIED', 'path must be inside /workspace', { path })
  return host
}

function openWatch(call: Call, filter: WatchFilter, onEvent: (event: FileEvent) => void): DirectoryWatch {
  try {
    return new DirectoryWatch(directoryOf(call), filter, onEvent)
  } catch (error) {
    throw fileError(error, 'watch', call.body.text('path') ?? '')
  }
}

async function watch(call: Call): Promise<undefined> {
  const early: Record<string, unknown>[] = []
  let send = (event: Record<string, unknown>): void => void early.push(event)
  const watching = openWatch(call, filterOf(call.body), ({ eventType, path, isDirectory }) =>
    send({
      type: 'event',
      eventType,
      path: call.bench.paths.inside(path),
      isDirectory,
      timestamp: new Date().toISOString(),
    }),
  )
  const events = call.stream()
  events.send({ type: 'watching', path: call.body.text('path'), watchId: randomUUID() })
  for (const event of early) events.send(event)
  send = (event) => events.send(event)
  await events.closed
  watching.close()
  return undefined
}

function check(call: Call): Record<string, unknown> {
  const { bench, body } = call
  const filter = filterOf(body)
  const key = JSON.stringify([directoryOf(call), filter])
  const known = bench.changes.get(key) ?? open(call, key, filter)
  const version = `${known.id}:${known.changes}`
  const since = body.text('since')
  if (since === undefined || since === version) return { status: 'unchanged', version }
  return since.startsWith(`${known.id}:`)
    ? { status: 'changed', version }
    : { status: 'resync', reason: 'restarted', version }
}

function open(call: Call, key: string, filter: WatchFilter): ChangeCounter {
  const counter: ChangeCounter = {
    id: randomUUID(),
    changes: 0,
    watch: openWatch(call, filter, () => void (counter.changes += 1)),
  }
  call.bench.changes.set(key, counter)
  return counter
}

export const WATCH_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/watch', answer: watch },
  { method: 'POST', path: '/api/watch/check', answer: check },
]
