import { SpanKind } from '@opentelemetry/api'
import { attr } from '@sandglass/schemas/semconv'
import type { Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { openSpan, type Instrument, type Where } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import type { OpenSpan } from '../recorder.ts'

/** One call of an operation: its span, and the context it was called in. */
export interface Call {
  readonly operation: Operation
  readonly scope: Scope | undefined
  readonly facts: Facts
  readonly span: OpenSpan
}

/** Opens the span of a call. Facts that cannot be read are left out. */
export function beginCall(
  instrument: Instrument,
  where: Where,
  operation: Operation,
  args: readonly unknown[],
): Call {
  const { guard } = instrument
  const scope = instrument.scopes.getStore()
  const facts: Facts = { [attr.operation]: operation.name, ...guard(() => operation.facts?.(args)) }
  const name = guard(() => operation.span?.(args)) ?? `sandbox.${operation.name}`
  return {
    operation,
    scope,
    facts,
    span: openSpan(instrument, scope, where, { name, kind: SpanKind.CLIENT, facts }),
  }
}

export function failCall({ span }: Call, error: unknown): void {
  span.fail(error)
  span.end()
}

export function endCall(instrument: Instrument, { operation, span }: Call, result: unknown): void {
  const facts = instrument.guard(() => operation.resultFacts?.(result))
  if (facts !== undefined) span.set(facts)
  span.end()
}

/** Ends the span with what `result` settles as, and passes the very same on. */
export function endWithPromise<T>(
  instrument: Instrument,
  call: Call,
  result: PromiseLike<T>,
): PromiseLike<T> {
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
