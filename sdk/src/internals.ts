import type { Instrument } from './instrument.ts'
import type { PolicyEngine } from './policy/control.ts'
import type { Sandglass } from './sandglass.ts'
import type { WrapPorts } from './wrap/methods.ts'

/** What the SDK's other entry points work with: bundled by those who import them alone. */
export interface Internals {
  readonly instrument: Instrument
  readonly policy: PolicyEngine
  /** What belongs to a container that the instrument wrapped. */
  readonly portsOf: (container: object) => WrapPorts | undefined
}

const INTERNALS = Symbol('sandglass internals')

export function withInternals(sandglass: Sandglass, value: Internals): Sandglass {
  return Object.defineProperty(sandglass, INTERNALS, { value })
}

/** Throws for what {@link createSandglass} did not make. */
export function internalsOf(sandglass: Sandglass): Internals {
  const internals: Internals | undefined = Reflect.get(sandglass, INTERNALS)
  if (internals === undefined) throw new TypeError('not an instrument of createSandglass()')
  return internals
}
