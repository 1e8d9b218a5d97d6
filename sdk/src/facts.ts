import type { AttributeName } from '@sandglass/schemas/semconv'
import { clip } from './redact/clip.ts'

/** A value OpenTelemetry can carry. */
export type FactValue = string | number | boolean | string[] | number[]

/** Attributes by their contract name; one that is undefined is left out. */
export type Facts = Partial<Record<AttributeName, FactValue | undefined>>

export const NO_FACTS: Facts = Object.freeze({})

/** A copy of what is there, with strings bounded. */
export function clipFacts(facts: Facts): Facts {
  const clipped: Record<string, FactValue> = {}
  for (const key in facts) {
    const value: FactValue | undefined = Reflect.get(facts, key)
    if (value !== undefined) clipped[key] = typeof value === 'string' ? clip(value) : value
  }
  return clipped
}
