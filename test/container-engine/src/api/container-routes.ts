import { existsSync, mkdirSync, statSync } from 'node:fs'

import { parseContainerSpec } from '../container/spec.ts'
import type { Workload } from '../container/workload.ts'
import { parseSignal } from '../signals.ts'
import { packDirectory, unpackInto } from '../storage/archive.ts'
import { NO_CONTENT, readJson, refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Call, Route } from './route.ts'

/** Docker's own default between the polite and the final signal of a stop, seconds. */
const STOP_GRACE_S = 10

function describe(workload: Workload): unknown {
  const { id, name, spec, state, pid, exitCode, publishedPorts } = workload
  const ports = Object.entries(publishedPorts).map(([port, host]) => [
    port,
    [{ HostIp: '127.0.0.1', HostPort: String(host) }],
  ])
  return {
    Id: id,
    Name: `/${name}`,
    State: { Status: state, Running: state === 'running', Pid: pid, ExitCode: exitCode ?? 0 },
    Config: { Image: spec.image, Labels: spec.labels, Env: spec.env, Cmd: spec.argv },
    NetworkSettings: { Ports: Object.fromEntries(ports) },
  }
}

function withWorkload(act: (workload: Workload, call: Call) => Answer | Promise<Answer>): Route['answer'] {
  return (call) => {
    const workload = call.registry.find(call.name)
    return workload === undefined ? refusal(404, `No such container: ${call.name}`) : act(workload, call)
  }
}

async function create({ registry, query, request }: Call): Promise<Answer> {
  const created = await registry.create(
    query.get('name') ?? undefined,
    parseContainerSpec(await readJson(request)),
  )
  if (typeof created !== 'string') return { status: 201, body: { Id: created.id, Warnings: [] } }
  return refusal(created === 'name taken' ? 409 : 404, created)
}

async function start(workload: Workload): Promise<Answer> {
  if (workload.state === 'running') return { status: 304 }
  await workload.start()
  return NO_CONTENT
}

async function kill(workload: Workload, { query }: Call): Promise<Answer> {
  const signal = parseSignal(query.get('signal') ?? 'SIGKILL')
  if (signal === undefined) return refusal(400, `Invalid signal: ${query.get('signal') ?? ''}`)
  const sent = await workload.kill(signal)
  return sent ? NO_CONTENT : refusal(409, `container ${workload.name} is not running`)
}

async function stop(workload: Workload, { query }: Call): Promise<Answer> {
  if (workload.state !== 'running') return { status: 304 }
  await workload.stop(Number(query.get('t') ?? STOP_GRACE_S) * 1000)
  return NO_CONTENT
}

async function remove(workload: Workload, { registry, query }: Call): Promise<Answer> {
  if (workload.state === 'running' && query.get('force') !== 'true') {
    return refusal(409, `container ${workload.name} is running: stop it first, or force`)
  }
  await registry.remove(workload)
  return NO_CONTENT
}

async function wait(workload: Workload): Promise<Answer> {
  return { status: 200, body: { StatusCode: await workload.exited } }
}

/** The directory of the host behind the archive's path; undefined when the container has none there. */
function archiveDirectory({ registry, name, query }: Call, make: boolean): string | undefined {
  const directory = registry.findContainer(name)?.directories.hostPath(query.get('path') ?? '/')
  if (directory !== undefined && make) mkdirSync(directory, { recursive: true })
  const found = directory !== undefined && existsSync(directory) && statSync(directory).isDirectory()
  return found ? directory : undefined
}

async function putArchive(_workload: Workload, call: Call): Promise<Answer> {
  const directory = archiveDirectory(call, true)
  if (directory === undefined) return refusal(404, `no directory ${call.query.get('path') ?? '/'}`)
  await unpackInto(directory, call.request)
  return { status: 200 }
}

function getArchive(_workload: Workload, call: Call): Answer {
  const directory = archiveDirectory(call, false)
  if (directory === undefined) return refusal(404, `no directory ${call.query.get('path') ?? '/'}`)
  return { status: 200, stream: (response) => packDirectory(directory, response) }
}

export const CONTAINER_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/containers/create', answer: create },
  {
    method: 'GET',
    path: '/containers/json',
    answer: ({ registry }) => ({ status: 200, body: registry.all().map(describe) }),
  },
  {
    method: 'GET',
    path: '/containers/:name/json',
    answer: withWorkload((it) => ({ status: 200, body: describe(it) })),
  },
  { method: 'POST', path: '/containers/:name/start', answer: withWorkload(start) },
  { method: 'POST', path: '/containers/:name/stop', answer: withWorkload(stop) },
  { method: 'POST', path: '/containers/:name/kill', answer: withWorkload(kill) },
  { method: 'POST', path: '/containers/:name/wait', answer: withWorkload(wait) },
  { method: 'PUT', path: '/containers/:name/archive', answer: withWorkload(putArchive) },
  { method: 'GET', path: '/containers/:name/archive', answer: withWorkload(getArchive) },
  { method: 'DELETE', path: '/containers/:name', answer: withWorkload(remove) },
]
