import { portOperations } from '../operations/client/port-operations.ts'
import { callAndRecord, readFacts } from '../wrap/call.ts'
import type { HostedContainer } from './hosted-container.ts'

/** On this port of a `Sandbox` listens the package's own server: its requests are operations, which the client records. */
const CONTROL_PORT = 3_000

/** The port is the last argument; without one, the object's own. */
function portOf(object: object, args: readonly unknown[]): number | undefined {
  const last = args.findLast((arg) => typeof arg === 'number')
  const port: unknown = last ?? Reflect.get(object, 'defaultPort')
  return typeof port === 'number' ? port : undefined
}

const isControl = (object: object, port: number | undefined): boolean =>
  port === CONTROL_PORT && 'execStream' in object

/** A request to a port of the container: the gate is asked, and what is none of the package's own is recorded. */
export async function fetchPort(
  object: object,
  hosted: HostedContainer | undefined,
  args: readonly unknown[],
  run: () => Promise<unknown>,
): Promise<unknown> {
  if (hosted === undefined) return run()
  hosted.spec.gate?.('port.fetch')
  const { instrument, sandbox } = hosted
  const port = instrument.guard(() => portOf(object, args))
  if (isControl(object, port)) return run()
  const operation = portOperations.containerFetch
  const facts = readFacts(instrument, operation, [args[0], args[1], port])
  return callAndRecord(instrument, sandbox.where(), operation, facts, run)
}
