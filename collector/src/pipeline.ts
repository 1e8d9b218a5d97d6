/**
 * The collector, stage by stage, in the order data passes them.
 *
 *   an export request:  admit → read → decompress → identify → claim → transcode and commit → acknowledge
 *   behind its back:    seal → ship → tell how far everything is stored
 *
 * A 200 leaves `acceptExport` only after the log was synced; from there on the log alone is responsible.
 */
import type { IncomingMessage } from 'node:http'
import type { Tenant } from './admit/tenants.ts'
import { Refusal } from './receive/refusal.ts'
import { createMemoryShare, type MemoryShare } from './receive/read-body.ts'
import type { Decompress } from './receive/decompress.ts'
import type { MemoryBudget } from './receive/memory-budget.ts'
import type { Fingerprint } from './resend/fingerprint.ts'
import type { ResendKeys } from './resend/registry.ts'
import type { Accepted, Encoding, Signal } from './transcode/transcoder.ts'
import type { Submission } from './wal/group-commit.ts'

/** One OTLP export request, its head understood, its body not yet read. */
export interface ExportCall {
  readonly signal: Signal
  readonly encoding: Encoding
  readonly contentEncoding: string | undefined
  readonly request: IncomingMessage
}

export interface Acknowledgement extends Accepted {
  /** Its rows were in the log already: the client sent it again. */
  readonly resend: boolean
}

/** What the stages of a request are made of. Each throws Refusal to end the request with an error answer. */
export interface ExportStages {
  /** Whose request it is, and whether it may come in now. */
  readonly admit: (call: ExportCall) => Tenant
  readonly memory: MemoryBudget
  readonly read: (request: IncomingMessage, memory: MemoryShare) => Promise<Buffer>
  readonly decompress: Decompress
  /** The key by which the same request is known when it comes again. */
  readonly identify: Fingerprint
  readonly keys: ResendKeys
  /** Adds the rows to the open block; they are durable when its promise resolves. */
  readonly commit: (call: ExportCall, tenant: Tenant, body: Buffer, key: Uint8Array) => Submission
}

export async function acceptExport(stages: ExportStages, call: ExportCall): Promise<Acknowledgement> {
  const tenant = stages.admit(call)
  const memory = createMemoryShare(stages.memory)
  try {
    const wire = await stages.read(call.request, memory)
    const body = await stages.decompress(wire, call.contentEncoding, memory)
    if (body.length === 0) return NOTHING
    tenant.rate.charge(body.length)
    const key = stages.identify({ tenantId: tenant.id, ...call }, body)
    return await claimAndCommit(stages, call, tenant, body, key, memory)
  } finally {
    memory.giveBack()
  }
}

const NOTHING: Acknowledgement = { rows: 0, rejected: 0, resend: false }
const STORED_BEFORE: Acknowledgement = { rows: 0, rejected: 0, resend: true }

async function claimAndCommit(
  stages: ExportStages,
  call: ExportCall,
  tenant: Tenant,
  body: Buffer,
  key: Uint8Array,
  memory: MemoryShare,
): Promise<Acknowledgement> {
  const verdict = await stages.keys.claim(key)
  if (verdict === 'durable') return STORED_BEFORE
  if (verdict === 'pending')
    throw new Refusal('resend_pending', 'the same request is being stored, try again')
  const { accepted, durable } = submit(stages, call, tenant, body, key)
  memory.giveBack()
  await durable
  return { ...accepted, resend: false }
}

/** A request that adds no rows has nothing to be recognised by. */
function submit(
  stages: ExportStages,
  call: ExportCall,
  tenant: Tenant,
  body: Buffer,
  key: Uint8Array,
): Submission {
  try {
    const submission = stages.commit(call, tenant, body, key)
    if (submission.accepted.rows === 0) stages.keys.settle([key], false)
    return submission
  } catch (error) {
    stages.keys.settle([key], false)
    throw error
  }
}

/** What happens to the log once requests are answered. */
export interface LogStages {
  /** Seals segments that are old enough, if ClickHouse could take them now. */
  readonly seal: () => Promise<void>
  /** Tells readers up to when everything acknowledged is queryable. */
  readonly tellWatermark: () => Promise<void>
  /** Forgets what is stored and too old to come again. */
  readonly sweep: () => Promise<void>
  readonly measureDisk: () => Promise<void>
}
