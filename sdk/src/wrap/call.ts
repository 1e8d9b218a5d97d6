import { attr } from '@sandglass/schemas/semconv'
import type { Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { openSpan, type Instrument, type Where } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import { CLIENT } from '../span-kind.ts'
import type { OpenSpan } from '../span-record.ts'

/** Calls the method itself, on its own object. */
export type Invoke = (args: unknown[]) => unknown

/** One call of an operation: its span, and the context it was called in. */
export interface Call {
  readonly operation: Operation
  readonly scope: Scope | undefined
  readonly facts: Facts
  readonly span: OpenSpan
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** Facts of a call; those that cannot be read are left out. */
export function readFacts(instrument: Instrument, operation: Operation, args: readonly unknown[]): Facts {
  const facts: Facts = { [attr.operation]: operation.name }
  const { facts: read } = operation
  return read === undefined
    ? facts
    : Object.assign(
        facts,
        instrument.guard(() => read(args)),
      )
}

export function beginCall(instrument: Instrument, where: Where, operation: Operation, facts: Facts): Call {
  const scope = instrument.scopes.getStore()
  const name = operation.span?.(facts) ?? `sandbox.${operation.name}`
  return { operation, scope, facts, span: openSpan(instrument, scope, where, { name, kind: CLIENT, facts }) }
}

export function failCall({ span }: Call, error: unknown): void {
  span.fail(error)
  span.end()
}

export function endCall(instrument: Instrument, { operation, span }: Call, result: unknown): void {
  const { resultFacts } = operation
  const facts = resultFacts && instrument.guard(() => resultFacts(result))
  if (facts !== undefined) tellResult(span, facts)
  span.end()
}

/** What ended with an error says so, although the call itself did not fail. */
function tellResult(span: OpenSpan, facts: Facts): void {
  span.set(facts)
  const { [attr.exitCode]: exitCode, [attr.errorType]: error } = facts
  const failure = typeof exitCode === 'number' && exitCode !== 0 ? exitCode : error
  if (failure !== undefined) span.failWith(String(failure))
}

/** A span from the call to what it returns, or to what that settles as; the very same is passed on. */
export function callAndRecord(
  instrument: Instrument,
  where: Where,
  operation: Operation,
  facts: Facts,
  invoke: (call: Call) => unknown,
): unknown {
  const call = beginCall(instrument, where, operation, facts)
  try {
    const result = invoke(call)
    if (result instanceof Promise) return endWithPromise(instrument, call, result)
    if (isPromise(result)) return observe(instrument, call, result)
    endCall(instrument, call, result)
    return result
  } catch (error) {
    failCall(call, error)
    throw error
  }
}

/** A promise of another kind can do more than settle: the caller gets it as it is. */
function observe(instrument: Instrument, call: Call, result: PromiseLike<unknown>): PromiseLike<unknown> {
  result.then(
    (value) => endCall(instrument, call, value),
    (error: unknown) => failCall(call, error),
  )
  return result
}

function endWithPromise<T>(instrument: Instrument, call: Call, result: PromiseLike<T>): PromiseLike<T> {
  return result.then(
    (value) => {
      endCall(instrument, call, value)
      return value
    },
    (error: unknown) => {
      failCall(call, error)
      throw error
    },
  )
}
