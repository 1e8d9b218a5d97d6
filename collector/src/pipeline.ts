/**
 * The collector, stage by stage, in the order data passes them.
 *
 *   a request   admit → read → decompress → identify → claim → commit → acknowledge
 *   the log     seal → ship → tell the watermark → sweep
 *
 * `acceptExport` returns only after the log was synced. From there on the log alone is responsible for the data, and
 * `runLogStages` moves it on until ClickHouse has stored it, once.
 */
import type { IncomingMessage } from 'node:http'
import type { Tenant } from './admit/tenants.ts'
import { startLoop, type Loop } from './loop.ts'
import type { Decompress } from './receive/decompress.ts'
import { createMemoryShare, type MemoryBudget, type MemoryShare } from './receive/memory-budget.ts'
import { Refusal } from './receive/refusal.ts'
import type { Fingerprint } from './resend/fingerprint.ts'
import type { ResendKeys } from './resend/registry.ts'
import type { Accepted, Encoding, Signal } from './transcode/transcoder.ts'
import type { Submission } from './wal/group-commit.ts'

/** One export request: its head is understood, its body not yet read. */
export interface ExportCall {
  readonly signal: Signal
  readonly encoding: Encoding
  readonly contentEncoding: string | undefined
  readonly request: IncomingMessage
}

/** The stages that any body passes, wherever it comes from. */
export interface StoreStages {
  /** The key by which this request is known when it comes again. */
  readonly identify: Fingerprint
  /** Whether it came before. */
  readonly keys: ResendKeys
  /** Transcodes the body into rows of the open block, and promises that they become durable. */
  readonly commit: (
    tenantId: string,
    signal: Signal,
    encoding: Encoding,
    body: Buffer,
    key: Uint8Array,
  ) => Submission
}

/** The stages of a request. Each may end it with a Refusal. */
export interface ExportStages extends StoreStages {
  /** Whose request it is, and whether it may come in now. */
  readonly admit: (call: ExportCall) => Tenant
  /** Bounds what all requests in flight hold. */
  readonly memory: MemoryBudget
  /** The body as it was sent, within its limit. */
  readonly read: (call: ExportCall, memory: MemoryShare) => Promise<Buffer>
  /** The body as it was meant, within its limit. */
  readonly decompress: Decompress
}

/** What the client is told with its 200. */
export interface Acknowledgement extends Accepted {
  /** The request was in the log already; this time nothing was stored. */
  readonly resend: boolean
}

const EMPTY: Acknowledgement = { rows: 0, rejected: 0, resend: false }
const STORED_BEFORE: Acknowledgement = { rows: 0, rejected: 0, resend: true }

/** Throws Refusal, DecodeError, or the error of the disk; then nothing of the request is in the log. */
export async function acceptExport(stages: ExportStages, call: ExportCall): Promise<Acknowledgement> {
  const tenant = stages.admit(call)
  const memory = createMemoryShare(stages.memory)
  try {
    const wire = await stages.read(call, memory)
    const body = await stages.decompress(wire, call.contentEncoding, memory)
    tenant.rate.charge(body.length)
    return await storeOnce(stages, tenant.id, call, body, memory)
  } finally {
    memory.giveBack()
  }
}

/** From the body to its durable rows, once however often it comes. `memory` is given back when the body is needed no more. */
export async function storeOnce(
  stages: StoreStages,
  tenantId: string,
  { signal, encoding }: Pick<ExportCall, 'signal' | 'encoding'>,
  body: Buffer,
  memory: Pick<MemoryShare, 'giveBack'>,
): Promise<Acknowledgement> {
  if (body.length === 0) return EMPTY
  const key = stages.identify(tenantId, signal, encoding, body)
  const verdict = await stages.keys.claim(key)
  if (verdict === 'durable') return STORED_BEFORE
  if (verdict === 'pending')
    throw new Refusal('resend_pending', 'the same request is being stored, try again')
  const { accepted, durable } = releaseUnused(stages.keys, key, () =>
    stages.commit(tenantId, signal, encoding, body, key),
  )
  memory.giveBack()
  await durable
  return { ...accepted, resend: false }
}

/** A request that is malformed or adds no row leaves no key: there is nothing that could come twice. */
function releaseUnused(keys: ResendKeys, key: Uint8Array, commit: () => Submission): Submission {
  let added = false
  try {
    const submission = commit()
    added = submission.accepted.rows > 0
    return submission
  } finally {
    if (!added) keys.settle([key], false)
  }
}

/** The stages of the log. None of them loses anything when it fails: it is tried again at the next turn. */
export interface LogStages {
  /** Closes segments that are old enough, when ClickHouse could take them; each is shipped as soon as it is sealed. */
  readonly seal: () => Promise<void>
  /** Tells readers up to when everything acknowledged is queryable. */
  readonly tellWatermark: () => Promise<void>
  /** Opens or closes the gate by what the disk has room for. */
  readonly checkDisk: () => Promise<void>
  /** Removes what was kept of stored segments, once their requests can no longer come again. */
  readonly sweep: () => Promise<void>
}

const SEAL_INTERVAL_MS = 25
const DISK_INTERVAL_MS = 500
const SWEEP_INTERVAL_MS = 30_000

export function runLogStages(
  stages: LogStages,
  watermarkMs: number,
  onError: (stage: keyof LogStages, error: unknown) => void,
): Readonly<Record<keyof LogStages, Loop>> {
  const run = (stage: keyof LogStages, intervalMs: number): Loop =>
    startLoop(intervalMs, stages[stage], (error) => onError(stage, error))
  return {
    seal: run('seal', SEAL_INTERVAL_MS),
    tellWatermark: run('tellWatermark', watermarkMs),
    checkDisk: run('checkDisk', DISK_INTERVAL_MS),
    sweep: run('sweep', SWEEP_INTERVAL_MS),
  }
}
