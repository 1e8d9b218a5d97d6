import type { AttributeName } from '@sandglass/schemas/semconv'

/** A value OpenTelemetry can carry. */
export type FactValue = string | number | boolean | string[] | number[]

/** Attributes by their contract name; one that is undefined is left out. */
export type Facts = Partial<Record<AttributeName, FactValue | undefined>>
