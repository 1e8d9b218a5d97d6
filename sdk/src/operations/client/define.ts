import type { AttributeName } from '@sandglass/schemas/semconv'
import type { Facts } from '../../facts.ts'
import type { PolicySubject } from '../../policy/types.ts'
import type { Operation } from '../operation.ts'

/** An operation of the 0.12 client: nearly all answer with a promise and wake a sandbox that sleeps. */
export const operation = (name: string, more: Partial<Operation> = {}): Operation => ({
  name,
  answer: 'promise',
  gated: true,
  ...more,
})

/** The same for what changes no more than a setting. */
export const setting = (name: string, more: Partial<Operation> = {}): Operation =>
  operation(name, { gated: false, ...more })

export const textOf = (facts: Facts, name: AttributeName): string => String(facts[name] ?? '')

export const subject =
  (kind: PolicySubject['kind'], name: AttributeName) =>
  (facts: Facts): PolicySubject => ({ kind, subject: textOf(facts, name) })
