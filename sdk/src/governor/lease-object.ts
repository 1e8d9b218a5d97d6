/** Durable Object of the leases of one budget and scope. Only the Worker may call it. */
import {
  leaseCallSchema,
  leaseLimitSchema,
  ledgerEntrySchema,
  type LeaseCall,
  type LeaseLimit,
  type LeaseReply,
  type LedgerEntry,
} from '@sandglass/schemas/governor/lease'
import { balanceOf, expiries, fits, type Balance } from './lease-ledger.ts'
import type { GateStorage } from './ports.ts'

const LIMIT_KEY = 'lease limit'
/** The window before: what was granted in it may be settled in the present one. */
const LIMIT_BEFORE_KEY = 'lease limit before'
const DIGITS = 16

type Result = LeaseReply['result']

/** Lines of a window lie together, in the order they were added. */
const windowPrefix = ({ windowStartMs }: LeaseLimit): string =>
  `lease ${String(windowStartMs).padStart(DIGITS, '0')} `

/** Durable Object with the ledger of one scope's leases; export it from the Worker. */
export class SandglassLeases {
  readonly #storage: GateStorage
  #turn: Promise<unknown> = Promise.resolve()
  readonly #now: () => number

  constructor(state: { readonly storage: GateStorage }, _env?: unknown, now: () => number = Date.now) {
    this.#storage = state.storage
    this.#now = now
  }

  /** One call at a time: a grant must see every line before it. */
  async fetch(request: Request): Promise<Response> {
    const call = leaseCallSchema.parse(await request.json())
    const turn = this.#turn.then(async () => this.#run(call))
    this.#turn = turn.catch(() => undefined)
    return Response.json(await turn)
  }

  async #run(call: LeaseCall): Promise<LeaseReply> {
    const held = await this.#limit(LIMIT_KEY)
    const limit = call.operation === 'limit' ? await this.#setLimit(call.value, held) : held
    if (limit === undefined)
      return { result: 'no_limit', limit: '0', spent: '0', outstanding: '0', added: [] }
    const reply = await this.#runIn(limit, call)
    const earlier = reply.result === 'unknown_lease' ? await this.#limit(LIMIT_BEFORE_KEY) : undefined
    return earlier === undefined ? reply : this.#runIn(earlier, call)
  }

  async #limit(key: string): Promise<LeaseLimit | undefined> {
    return leaseLimitSchema.safeParse(await this.#storage.get(key)).data
  }

  async #setLimit(limit: LeaseLimit, held: LeaseLimit | undefined): Promise<LeaseLimit> {
    if (held !== undefined && held.windowStartMs !== limit.windowStartMs)
      await this.#storage.put(LIMIT_BEFORE_KEY, held)
    await this.#storage.put(LIMIT_KEY, limit)
    return limit
  }

  async #runIn(limit: LeaseLimit, call: LeaseCall): Promise<LeaseReply> {
    const before = await this.#lines(limit)
    const expired = expiries(balanceOf(before), this.#now())
    const { result, line } = this.#decide(call, balanceOf([...before, ...expired]), limit)
    const added = [...expired, ...(line === undefined ? [] : [line])]
    await this.#append(limit, before.length, added)
    return toReply(result, call, balanceOf([...before, ...added]), limit, added)
  }

  #decide(call: LeaseCall, balance: Balance, limit: LeaseLimit): { result: Result; line?: LedgerEntry } {
    if (call.operation === 'reserve') return this.#reserve(call, balance, limit)
    return call.operation === 'settle' ? this.#settle(call, balance) : { result: 'ok' }
  }

  #reserve(
    { leaseId, amount, ttlMs }: Extract<LeaseCall, { operation: 'reserve' }>,
    balance: Balance,
    { limit }: LeaseLimit,
  ): { result: Result; line?: LedgerEntry } {
    if (balance.granted.has(leaseId)) return { result: 'granted' }
    if (!fits(balance, BigInt(amount), BigInt(limit))) return { result: 'over_limit' }
    const atMs = this.#now()
    return { result: 'granted', line: { kind: 'granted', leaseId, amount, atMs, expiresAtMs: atMs + ttlMs } }
  }

  /** What was spent counts also when the lease had run out; a second settling changes nothing. */
  #settle(
    { leaseId, actual }: Extract<LeaseCall, { operation: 'settle' }>,
    balance: Balance,
  ): { result: Result; line?: LedgerEntry } {
    if (!balance.granted.has(leaseId)) return { result: 'unknown_lease' }
    if (balance.settled.has(leaseId)) return { result: 'settled' }
    return { result: 'settled', line: { kind: 'settled', leaseId, actual, atMs: this.#now() } }
  }

  async #lines(limit: LeaseLimit): Promise<readonly LedgerEntry[]> {
    const stored = await this.#storage.list({ prefix: windowPrefix(limit) })
    return [...stored.values()].map((value) => ledgerEntrySchema.parse(value))
  }

  async #append(limit: LeaseLimit, count: number, lines: readonly LedgerEntry[]): Promise<void> {
    for (const [index, line] of lines.entries())
      await this.#storage.put(`${windowPrefix(limit)}${String(count + index).padStart(DIGITS, '0')}`, line)
  }
}

function toReply(
  result: Result,
  call: LeaseCall,
  balance: Balance,
  { limit }: LeaseLimit,
  added: readonly LedgerEntry[],
): LeaseReply {
  const lease = call.operation === 'reserve' ? balance.granted.get(call.leaseId) : undefined
  return {
    result,
    limit,
    spent: String(balance.spent),
    outstanding: String(balance.outstanding),
    added: [...added],
    ...(lease === undefined ? {} : { expiresAtMs: lease.expiresAtMs }),
  }
}
