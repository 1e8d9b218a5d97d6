/** Calls of the Durable Objects of class SandglassScope. One object per scope, one for each nonce shard, one index. */
import {
  governorReplySchema,
  listReplySchema,
  type GovernorReply,
  type ListReply,
  type SandboxEntry,
  type ScopeEntry,
  type VerdictRequest,
} from '@sandglass/schemas/governor'
import { claimReplySchema, scopeEntriesSchema, type ScopeCall } from '@sandglass/schemas/governor/state'
import type { ScopeNamespace } from './ports.ts'

/** Objects that remember nonces; a nonce always goes to the same one. */
const NONCE_SHARDS = 16

const INDEX_NAME = 'index'

/** A Durable Object did not answer as it should. The caller answers 503 and its client tries again. */
export class ScopeUnavailableError extends Error {
  override readonly name = 'ScopeUnavailableError'
}

export async function setVerdict(namespace: ScopeNamespace, request: VerdictRequest): Promise<GovernorReply> {
  return governorReplySchema.parse(
    await call(namespace, scopeName(request.scope), { operation: 'set', request }),
  )
}

export async function readVerdicts(namespace: ScopeNamespace, key: string): Promise<readonly ScopeEntry[]> {
  return scopeEntriesSchema.parse(await call(namespace, scopeName(key), { operation: 'verdicts' }))
}

/** False when the nonce was claimed before. */
export async function claimNonce(namespace: ScopeNamespace, nonce: string, nowMs: number): Promise<boolean> {
  const shard = nonce.charCodeAt(nonce.length - 1) % NONCE_SHARDS
  return claimReplySchema.parse(
    await call(namespace, `nonces ${shard}`, { operation: 'claim', nonce, nowMs }),
  )
}

export async function indexScope(namespace: ScopeNamespace, entry: ScopeEntry): Promise<void> {
  await call(namespace, INDEX_NAME, { operation: 'indexScope', entry })
}

export async function indexSandbox(namespace: ScopeNamespace, entry: SandboxEntry): Promise<void> {
  await call(namespace, INDEX_NAME, { operation: 'indexSandbox', entry })
}

export async function listIndex(
  namespace: ScopeNamespace,
  cursor: string | undefined,
  limit: number,
): Promise<ListReply> {
  return listReplySchema.parse(
    await call(namespace, INDEX_NAME, {
      operation: 'list',
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    }),
  )
}

const scopeName = (key: string): string => `scope ${key}`

async function call(namespace: ScopeNamespace, name: string, call: ScopeCall): Promise<unknown> {
  const stub = namespace.get(namespace.idFromName(name))
  const request = new Request('https://sandglass.internal/', { method: 'POST', body: JSON.stringify(call) })
  const response = await stub.fetch(request)
  if (!response.ok) throw new ScopeUnavailableError(`${name}: status ${response.status}`)
  return response.json()
}
