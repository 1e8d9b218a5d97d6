/** Durable Object of the governor: the verdicts of one scope, or a shard of nonces, or the index that `list` reads. */
import {
  sandboxEntrySchema,
  scopeEntrySchema,
  type GovernorReply,
  type ListReply,
  type SandboxEntry,
  type ScopeEntry,
  type VerdictRequest,
} from '@sandglass/schemas/governor'
import { NONCE_MEMORY_MS } from '@sandglass/schemas/governor/signature'
import { scopeCallSchema, type ScopeCall } from '@sandglass/schemas/governor/state'
import { subjectOf } from './gate-state.ts'
import type { GateStorage } from './ports.ts'

const VERDICT_PREFIX = 'verdict '
const NONCE_PREFIX = 'nonce '
const INDEX_SCOPE_PREFIX = 'index scope '
const INDEX_SANDBOX_PREFIX = 'index sandbox '
const INDEX_PREFIX = 'index '

interface ScopeStorage extends GateStorage {
  getAlarm(): Promise<number | null>
  setAlarm(timeMs: number): Promise<void>
}

type Answer = GovernorReply | ListReply | readonly ScopeEntry[] | boolean

/** Bind it as the namespace that createGovernor and createGate are given. Only they may call it. */
export class SandglassScope {
  readonly #storage: ScopeStorage

  constructor(state: { readonly storage: ScopeStorage }) {
    this.#storage = state.storage
  }

  async fetch(request: Request): Promise<Response> {
    const call = scopeCallSchema.parse(await request.json())
    return Response.json(await this.#run(call))
  }

  /** Forgets nonces whose requests are too old to be accepted. */
  async alarm(): Promise<void> {
    const nowMs = Date.now()
    const nonces = await this.#storage.list({ prefix: NONCE_PREFIX })
    for (const [key, untilMs] of nonces) if (Number(untilMs) <= nowMs) await this.#storage.delete(key)
    if (nonces.size > 0) await this.#storage.setAlarm(nowMs + NONCE_MEMORY_MS)
  }

  #run(call: ScopeCall): Promise<Answer> {
    switch (call.operation) {
      case 'set':
        return this.#set(call.request)
      case 'verdicts':
        return this.#verdicts()
      case 'claim':
        return this.#claim(call.nonce, call.nowMs)
      case 'indexScope':
        return this.#index(
          `${INDEX_SCOPE_PREFIX}${subjectOf(call.entry)}`,
          call.entry,
          call.entry.verdict !== 'ok',
        )
      case 'indexSandbox':
        return this.#index(`${INDEX_SANDBOX_PREFIX}${call.entry.sandboxId}`, call.entry, isHeld(call.entry))
      case 'list':
      default:
        return this.#list(call.cursor, call.limit)
    }
  }

  /** An `ok` is kept too: a late request of an older episode must find it. */
  async #set(request: VerdictRequest): Promise<GovernorReply> {
    const key = `${VERDICT_PREFIX}${subjectOf(request)}`
    const stored = scopeEntrySchema.safeParse(await this.#storage.get(key))
    const before = stored.success ? stored.data : undefined
    if (before !== undefined && before.episode > request.episode)
      return { result: 'stale', episode: before.episode }
    if (before?.key === request.key) return { result: 'already' }
    await this.#storage.put(key, request)
    return { result: 'applied' }
  }

  async #verdicts(): Promise<readonly ScopeEntry[]> {
    const stored = await this.#storage.list({ prefix: VERDICT_PREFIX })
    return [...stored.values()].map((value) => scopeEntrySchema.parse(value))
  }

  async #claim(nonce: string, nowMs: number): Promise<boolean> {
    const key = `${NONCE_PREFIX}${nonce}`
    if ((await this.#storage.get(key)) !== undefined) return false
    await this.#storage.put(key, nowMs + NONCE_MEMORY_MS)
    if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(nowMs + NONCE_MEMORY_MS)
    return true
  }

  async #index(key: string, entry: ScopeEntry | SandboxEntry, present: boolean): Promise<boolean> {
    if (!present) return this.#storage.delete(key)
    await this.#storage.put(key, entry)
    return true
  }

  async #list(cursor: string | undefined, limit: number): Promise<ListReply> {
    const after = cursor === undefined ? {} : { startAfter: cursor }
    const page = [...(await this.#storage.list({ prefix: INDEX_PREFIX, limit, ...after }))]
    const last = page.at(-1)?.[0]
    return {
      scopes: page
        .filter(([key]) => key.startsWith(INDEX_SCOPE_PREFIX))
        .map(([, value]) => scopeEntrySchema.parse(value)),
      sandboxes: page
        .filter(([key]) => key.startsWith(INDEX_SANDBOX_PREFIX))
        .map(([, value]) => sandboxEntrySchema.parse(value)),
      ...(page.length === limit && last !== undefined ? { cursor: last } : {}),
    }
  }
}

const isHeld = (entry: SandboxEntry): boolean => entry.holds.length > 0 || entry.phase !== 'awake'
