/** The ledger of leases: pure, append-only. What is held and spent is derived from its lines, never stored beside them. */
import type { LedgerEntry } from '@sandglass/schemas/governor/lease'

interface Held {
  readonly amount: bigint
  readonly expiresAtMs: number
}

export interface Balance {
  readonly spent: bigint
  readonly outstanding: bigint
  /** By lease: granted, and neither settled nor expired. */
  readonly held: ReadonlyMap<string, Held>
  readonly settled: ReadonlySet<string>
  /** Every lease ever granted, with when it ends. */
  readonly granted: ReadonlyMap<string, Held>
}

export function balanceOf(entries: Iterable<LedgerEntry>): Balance {
  const held = new Map<string, Held>()
  const granted = new Map<string, Held>()
  const settled = new Set<string>()
  let spent = 0n
  for (const entry of entries) {
    if (entry.kind === 'granted') {
      const hold = { amount: BigInt(entry.amount), expiresAtMs: entry.expiresAtMs }
      held.set(entry.leaseId, hold)
      granted.set(entry.leaseId, hold)
      continue
    }
    held.delete(entry.leaseId)
    if (entry.kind === 'expired' || settled.has(entry.leaseId)) continue
    settled.add(entry.leaseId)
    spent += BigInt(entry.actual)
  }
  const outstanding = [...held.values()].reduce((sum, { amount }) => sum + amount, 0n)
  return { spent, outstanding, held, settled, granted }
}

/** Lines that end what has run out. A lease is held up to its expiry, exclusive. */
export function expiries({ held }: Balance, nowMs: number): readonly LedgerEntry[] {
  return [...held]
    .filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs)
    .map(([leaseId]) => ({ kind: 'expired', leaseId, atMs: nowMs }))
}

/** Whether this much more fits: spent, held and new together stay within the limit. */
export function fits({ spent, outstanding }: Balance, amount: bigint, limit: bigint): boolean {
  return spent + outstanding + amount <= limit
}
