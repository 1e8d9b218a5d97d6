/** One attempt to store a body at the collector. A 200 means stored; the same bytes sent again are recognised there. */
import { z } from 'zod'

/** What came of an attempt: `stored`, worth another try with the same bytes, or refused for good. */
export type Sent =
  | { readonly outcome: 'stored' }
  | { readonly outcome: 'retry'; readonly cause: string; readonly afterMs: number }
  | { readonly outcome: 'refused'; readonly cause: string }

export type SendLogs = (body: string) => Promise<Sent>

export interface SendOptions {
  /** OTLP/HTTP base URL of the collector. */
  readonly url: string
  /** Bearer token; empty sends none. */
  readonly token: string
  /** Time one attempt may take, ms. */
  readonly sendMsMax: number
  readonly fetch?: typeof fetch | undefined
}

/** Status codes after which the same request may succeed, https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])
const RETRY_AFTER_MS_MAX = 30_000

const responseSchema = z.looseObject({
  partialSuccess: z
    .looseObject({
      rejectedLogRecords: z.coerce.number().default(0),
      errorMessage: z.string().default(''),
    })
    .optional(),
})

export function createSendLogs(options: SendOptions): SendLogs {
  const url = new URL('v1/logs', options.url.endsWith('/') ? options.url : `${options.url}/`)
  const headers = {
    'content-type': 'application/json',
    ...(options.token === '' ? {} : { authorization: `Bearer ${options.token}` }),
  }
  return async (body) => {
    const signal = AbortSignal.timeout(options.sendMsMax)
    try {
      const response = await (options.fetch ?? fetch)(url, { method: 'POST', headers, body, signal })
      return toSent(response.status, response.headers.get('retry-after'), await response.text())
    } catch (error) {
      return { outcome: 'retry', cause: error instanceof Error ? error.message : String(error), afterMs: 0 }
    }
  }
}

function toSent(status: number, retryAfter: string | null, text: string): Sent {
  const cause = `status ${status}: ${text.slice(0, 200)}`
  if (RETRYABLE.has(status)) return { outcome: 'retry', cause, afterMs: toDelayMs(retryAfter) }
  if (status !== 200) return { outcome: 'refused', cause }
  const rejected = responseSchema.safeParse(decodeJson(text)).data?.partialSuccess
  if (rejected === undefined || rejected.rejectedLogRecords === 0) return { outcome: 'stored' }
  return {
    outcome: 'refused',
    cause: `${rejected.rejectedLogRecords} events rejected: ${rejected.errorMessage}`,
  }
}

function toDelayMs(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, RETRY_AFTER_MS_MAX) : 0
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
