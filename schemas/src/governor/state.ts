/** What the governor keeps and says inside the Worker: the state of a gate, the calls of a scope's Durable Object. */
import * as z from 'zod/mini'
import {
  holdSchema,
  phaseSchema,
  sandboxEntrySchema,
  scopeEntrySchema,
  snapshotSchema,
  verdictRequestSchema,
} from '../governor.ts'

const releaseSchema = z.object({ episode: z.int(), key: z.string() })

/** What a gate remembers in the storage of the Durable Object that owns the sandbox. */
export const gateStateSchema = z.object({
  phase: phaseSchema,
  /** By subject: budget, window and scope. The sandbox refuses while there is one. */
  holds: z.record(z.string(), holdSchema),
  /** Last release by subject, so that a late or doubled suspension of an older episode is refused. */
  released: z.record(z.string(), releaseSchema),
  /** The last verified backup. */
  snapshot: z.optional(snapshotSchema),
  /** The workspace in the container is not the one of `snapshot` yet. */
  restorePending: z.boolean(),
  /** When the sandbox stopped being awake, Unix ms. */
  heldSinceMs: z.optional(z.int()),
})
export type GateState = z.infer<typeof gateStateSchema>

/** What is asked of a Durable Object of class SandglassScope. */
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

export const scopeEntriesSchema = z.array(scopeEntrySchema)
export const claimReplySchema = z.boolean()
