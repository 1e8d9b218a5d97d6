/** What is asked of a Durable Object of class SandglassScope. */
import { sandboxEntrySchema, scopeEntrySchema, verdictRequestSchema } from '@sandglass/schemas/governor'
import * as z from 'zod/mini'

export const scopeCallSchema = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('set'), request: verdictRequestSchema }),
  z.object({ operation: z.literal('verdicts') }),
  /** Claims a nonce: false when it was claimed before. */
  z.object({ operation: z.literal('claim'), nonce: z.string(), nowMs: z.int() }),
  z.object({ operation: z.literal('indexScope'), entry: scopeEntrySchema }),
  z.object({ operation: z.literal('indexSandbox'), entry: sandboxEntrySchema }),
  z.object({ operation: z.literal('list'), cursor: z.optional(z.string()), limit: z.int() }),
])

export type ScopeCall = z.infer<typeof scopeCallSchema>
