import type { Container } from '../container/container.ts'
import type { Exec } from '../container/exec.ts'
import { parseExecSpec } from '../container/spec.ts'
import { parseSignal } from '../signals.ts'
import { readJson, refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Call, Route } from './route.ts'

async function create({ registry, name, request }: Call): Promise<Answer> {
  const container = registry.findContainer(name)
  if (container === undefined) return refusal(404, `No such container: ${name}`)
  if (container.state !== 'running') return refusal(409, `container ${name} is not running`)
  const spec = parseExecSpec(await readJson(request))
  if (spec === undefined) return refusal(400, 'No exec command specified')
  return { status: 201, body: { Id: container.createExec(spec).id } }
}

/**
 * workerd signals a command by running `kill -SIGNAL pid` in its container. Here that reaches the whole process group
 * of the command, so that what it started ends with it; anything else is run as it is.
 */
function signalledExec(
  container: Container,
  [program, option, pid, ...rest]: readonly string[],
): (() => boolean) | undefined {
  if (program !== 'kill' || rest.length > 0 || option === undefined) return undefined
  const signal = parseSignal(option.replace(/^-/, ''))
  const target = container.execs().find((exec) => exec.pid > 0 && String(exec.pid) === pid)
  return signal === undefined || target === undefined ? undefined : () => target.signal(signal)
}

/** Runs a command nobody is attached to. */
async function startDetached({ registry, name, request }: Call): Promise<Answer> {
  await readJson(request)
  const found = registry.findExec(name)
  if (found === undefined) return refusal(404, `No such exec instance: ${name}`)
  const { container, exec } = found
  const signal = signalledExec(container, exec.request.argv)
  if (signal !== undefined) exec.finish(signal() ? 0 : 1)
  else void (await container.startExec(exec))()
  return { status: 200 }
}

function describe(exec: Exec): unknown {
  return { ID: exec.id, Running: exec.running, ExitCode: exec.exitCode ?? null, Pid: exec.pid }
}

function inspect({ registry, name }: Call): Answer {
  const found = registry.findExec(name)
  if (found === undefined) return refusal(404, `No such exec instance: ${name}`)
  return { status: 200, body: describe(found.exec) }
}

export const EXEC_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/containers/:name/exec', answer: create },
  { method: 'POST', path: '/exec/:name/start', answer: startDetached },
  { method: 'GET', path: '/exec/:name/json', answer: inspect },
  { method: 'POST', path: '/exec/:name/resize', answer: () => ({ status: 200 }) },
]
