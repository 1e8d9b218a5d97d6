/** Reserves spend before it happens, and settles it after. Every line of the ledger becomes an event of the contract. */
import {
  leaseReplySchema,
  type LeaseCall,
  type LeaseLimit,
  type LeaseReply,
  type LedgerEntry,
} from '@sandglass/schemas/governor/lease'
import { attr, event } from '@sandglass/schemas/semconv'
import type { EmitEvent, EventAttributes, ScopeNamespace } from './ports.ts'

/** Reservations of money in a scope, taken before it is spent. */
export interface Leases {
  readonly setLimit: (limit: LeaseLimit) => Promise<LeaseReply>
  /** Idempotent by lease id. `result` is `granted`, `over_limit` or `no_limit`. */
  readonly reserve: (leaseId: string, amountNanoUsd: bigint, ttlMs: number) => Promise<LeaseReply>
  /** Idempotent: the first settling counts. `result` is `settled` or `unknown_lease`. */
  readonly settle: (leaseId: string, actualNanoUsd: bigint) => Promise<LeaseReply>
  readonly balance: () => Promise<LeaseReply>
}

/** Which scopes leases are taken from. */
export interface LeasesOptions {
  /** Namespace of SandglassLeases. */
  readonly namespace: ScopeNamespace
  readonly budget: string
  /** Key of the scope, for example `team=payments`. */
  readonly scope: string
  readonly emit?: EmitEvent | undefined
}

/** Leases of one budget and scope. Throws when their Durable Object cannot be reached. */
export function openLeases({ namespace, budget, scope, emit }: LeasesOptions): Leases {
  const call = async (body: LeaseCall): Promise<LeaseReply> => {
    const stub = namespace.get(namespace.idFromName(`leases ${budget} ${scope}`))
    const init = { method: 'POST', body: JSON.stringify(body) }
    const response = await stub.fetch(new Request('https://sandglass.internal/', init))
    if (!response.ok) throw new Error(`leases of ${budget} for ${scope}: status ${response.status}`)
    const reply = leaseReplySchema.parse(await response.json())
    for (const line of reply.added) emitLine(emit, { budget, scope }, line)
    return reply
  }
  return {
    setLimit: async (value) => call({ operation: 'limit', value }),
    reserve: async (leaseId, amount, ttlMs) =>
      call({ operation: 'reserve', leaseId, amount: String(amount), ttlMs }),
    settle: async (leaseId, actual) => call({ operation: 'settle', leaseId, actual: String(actual) }),
    balance: async () => call({ operation: 'balance' }),
  }
}

const eventNames = {
  granted: event.leaseGranted,
  settled: event.leaseSettled,
  expired: event.leaseExpired,
} as const

function emitLine(
  emit: EmitEvent | undefined,
  { budget, scope }: { readonly budget: string; readonly scope: string },
  line: LedgerEntry,
): void {
  emit?.(eventNames[line.kind], {
    [attr.leaseId]: line.leaseId,
    [attr.leaseScope]: scope,
    [attr.budgetId]: budget,
    ...amountsOf(line),
  })
}

function amountsOf(line: LedgerEntry): EventAttributes {
  if (line.kind === 'granted')
    return { [attr.leaseAmount]: Number(line.amount), [attr.expiresAt]: line.expiresAtMs }
  return line.kind === 'settled' ? { [attr.leaseActual]: Number(line.actual) } : {}
}
