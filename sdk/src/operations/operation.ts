import type { Facts } from '../facts.ts'
import type { PolicySubject } from '../policy/types.ts'

/** What an operation means beyond its span; the adapter knows what to do about it. */
export type Effect =
  | 'session'
  | 'process'
  | 'processes'
  | 'start'
  | 'destroy'
  | 'monitor'
  | 'command'
  | 'snapshot'
  | 'restore'
  | 'mount'
  | 'stat'
  | 'watch'
  | FileEffect
export type FileEffect = 'write' | 'rename' | 'remove'

/**
 * One operation of a wrapped object, as data: what calls it, what its span says, and how its facts are read.
 * Facts readers may throw or meet anything: a foreign caller's arguments are not checked.
 */
export interface Operation {
  /** Value of `sandbox.operation`. */
  readonly name: string
  /** What the method answers with, and so when its span ends; the last of `events` says how it went. */
  readonly answer: 'value' | 'promise' | 'process' | 'fetcher' | 'stream' | 'events'
  /** Whether it uses the sandbox, so that a gate may refuse it. */
  readonly gated: boolean
  readonly effect?: Effect
  /** Its second argument is options with an environment, which gets the trace context. */
  readonly isTraced?: boolean
  /** Operations that last as long as the sandbox have no span of their own. */
  readonly spanless?: true
  /** Name of the span; `sandbox.{name}` when absent. */
  readonly span?: (facts: Facts) => string
  readonly facts?: (args: readonly unknown[]) => Facts
  readonly resultFacts?: (result: unknown) => Facts
  /** What the policy is asked. */
  readonly subject?: (facts: Facts) => PolicySubject | undefined
}

/** Operations by method name. */
export type OperationTable<M extends string> = Readonly<Record<M, Operation>>
