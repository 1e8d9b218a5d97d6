/** Why a request gets no 200, as data: status, whether a retry helps, and the reason that is counted. */

/** google.rpc.Code of an error answer, https://grpc.io/docs/guides/status-codes/ */
type RpcCode = 3 | 5 | 8 | 12 | 14 | 16

interface RefusalFact {
  readonly status: number
  readonly rpcCode: RpcCode
  /** The rest of the request is not read: the connection is closed after the answer. */
  readonly close?: boolean
}

/** Only 429 and 503 invite a retry (OTLP/HTTP: 429, 502, 503, 504 are retryable). */
export const refusalFacts = {
  malformed: { status: 400, rpcCode: 3 },
  bad_content_type: { status: 415, rpcCode: 3 },
  bad_content_encoding: { status: 415, rpcCode: 3 },
  bad_compression: { status: 400, rpcCode: 3 },
  unauthenticated: { status: 401, rpcCode: 16 },
  not_found: { status: 404, rpcCode: 5 },
  bad_method: { status: 405, rpcCode: 12 },
  body_too_large: { status: 413, rpcCode: 3, close: true },
  tenant_rate: { status: 429, rpcCode: 8 },
  memory_full: { status: 503, rpcCode: 14, close: true },
  log_full: { status: 503, rpcCode: 14 },
  disk_full: { status: 503, rpcCode: 14 },
  disk_failed: { status: 503, rpcCode: 14 },
  log_broken: { status: 503, rpcCode: 14 },
  resend_pending: { status: 503, rpcCode: 14 },
  resend_unknown: { status: 503, rpcCode: 14 },
  stopping: { status: 503, rpcCode: 14, close: true },
} as const satisfies Readonly<Record<string, RefusalFact>>

export type RefusalReason = keyof typeof refusalFacts

/** Seconds after which a retry is worth it, where nothing better is known. */
const RETRY_AFTER_SECONDS = 1

/** A request that is answered with an error. The message goes to the client: it says what to do and tells no secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: RefusalReason
  /** Seconds, for the Retry-After header; undefined where a retry does not help. */
  readonly retryAfterSeconds: number | undefined

  constructor(reason: RefusalReason, message: string, retryAfterSeconds?: number) {
    super(message)
    this.reason = reason
    const retryable = refusalFacts[reason].status === 429 || refusalFacts[reason].status === 503
    this.retryAfterSeconds = retryable ? (retryAfterSeconds ?? RETRY_AFTER_SECONDS) : undefined
  }

  get fact(): RefusalFact {
    return refusalFacts[this.reason]
  }
}
