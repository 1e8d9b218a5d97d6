/** Leases: spend granted before it happens, from one Durable Object per budget and scope. Amounts are nano-USD as decimal text. */
import * as z from 'zod/mini'

/** Longest life of a lease, in milliseconds: no hold outlives it, whoever forgot it. */
export const LEASE_MS_MAX = 3_600_000

const id = z.string().check(z.minLength(1), z.maxLength(256))
const nanoUsd = z.string().check(z.regex(/^\d{1,30}$/))
const instantMs = z.int().check(z.nonnegative())

/** One line of the ledger. Lines are only ever added; what is held and what is spent follow from them. */
export const ledgerEntrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('granted'),
    leaseId: id,
    amount: nanoUsd,
    atMs: instantMs,
    expiresAtMs: instantMs,
  }),
  z.object({ kind: z.literal('settled'), leaseId: id, actual: nanoUsd, atMs: instantMs }),
  z.object({ kind: z.literal('expired'), leaseId: id, atMs: instantMs }),
])
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>

/** What a scope may spend in a window. Another window begins with nothing spent and nothing held. */
export const leaseLimitSchema = z.object({
  limit: nanoUsd,
  windowStartMs: instantMs,
})
export type LeaseLimit = z.infer<typeof leaseLimitSchema>

export const leaseCallSchema = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('limit'), value: leaseLimitSchema }),
  z.object({
    operation: z.literal('reserve'),
    leaseId: id,
    amount: nanoUsd,
    ttlMs: z.int().check(z.positive(), z.lte(LEASE_MS_MAX)),
  }),
  z.object({ operation: z.literal('settle'), leaseId: id, actual: nanoUsd }),
  z.object({ operation: z.literal('balance') }),
])
export type LeaseCall = z.infer<typeof leaseCallSchema>

/** `granted` and `settled` also answer a repeat · `over_limit`: wait or ask for less · `no_limit`: none was set yet, nothing is granted. */
export const leaseReplySchema = z.object({
  result: z.enum(['ok', 'granted', 'settled', 'over_limit', 'no_limit', 'unknown_lease']),
  limit: z.string(),
  /** Settled spend of the window. */
  spent: z.string(),
  /** Granted, and neither settled nor expired: the most that spend can still exceed what is settled. */
  outstanding: z.string(),
  expiresAtMs: z.optional(instantMs),
  /** Lines this call added, expiries included, for the caller to record as events. */
  added: z.array(ledgerEntrySchema),
})
export type LeaseReply = z.infer<typeof leaseReplySchema>
