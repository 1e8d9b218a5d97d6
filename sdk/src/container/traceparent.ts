import { formatTraceparent } from '../context/trace-context.ts'
import type { Instrument } from '../instrument.ts'
import type { Call } from '../wrap/call.ts'
import { withOption } from './with-option.ts'

const TRACEPARENT = 'TRACEPARENT'

/** The arguments `(command, options?, …)` with the call's trace context in the environment. */
export function withTraceparent(instrument: Instrument, { span }: Call, args: unknown[]): unknown[] {
  const context = span.span
  if (context === undefined) return args
  const [command, options, ...rest] = args
  const traced = instrument.guard(() => addVariable(options, TRACEPARENT, formatTraceparent(context)))
  return traced === undefined ? args : [command, traced, ...rest]
}

const isOptional = (value: unknown): value is object | undefined =>
  value === undefined || (typeof value === 'object' && value !== null)

/**
 * Adds a variable to a command's environment; one of the caller's own by that name stays. Undefined for options that
 * the container will refuse: it must see them as they are.
 */
function addVariable(options: unknown, name: string, value: string): object | undefined {
  if (!isOptional(options)) return undefined
  const given = options ?? {}
  const own: unknown = Reflect.get(given, 'env')
  if (!isOptional(own)) return undefined
  const env = { [name]: value, ...own }
  return withOption(given, 'env', env)
}
