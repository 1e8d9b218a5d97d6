import type { Clock, Fetch } from '../ports.ts'
import { ATTEMPTS_MAX, ATTEMPT_TIMEOUT_MS, BACKOFF_MS, RETRY_AFTER_MS_MAX } from './limits.ts'

export interface PostRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

/** `later` would pass if sent again, unchanged; `never` would not. */
export type PostResult =
  | { readonly result: 'acked'; readonly answer: Uint8Array; readonly contentType: string }
  | { readonly result: 'later' | 'never'; readonly reason: string }

/** The only ones OTLP lets a client send again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])
const MS_PER_S = 1_000

type Attempt = PostResult & { readonly retryAfterMs?: number | undefined }

function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * MS_PER_S : Date.parse(header) - nowMs
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

async function readAnswer(response: Response, nowMs: number): Promise<Attempt> {
  const answer = new Uint8Array(await response.arrayBuffer())
  if (response.ok) return { result: 'acked', answer, contentType: response.headers.get('content-type') ?? '' }
  const reason = `the receiver answered ${response.status}`
  if (!RETRYABLE.has(response.status)) return { result: 'never', reason }
  return { result: 'later', reason, retryAfterMs: retryAfterMs(response.headers.get('retry-after'), nowMs) }
}

/** A fetch of the host's own may not look at its signal. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )

async function attempt(fetch: Fetch, clock: Clock, { url, headers, body }: PostRequest): Promise<Attempt> {
  try {
    const signal = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)
    const exchange = async (): Promise<Attempt> =>
      readAnswer(await fetch(url, { method: 'POST', headers: { ...headers }, body, signal }), clock.now())
    return await Promise.race([exchange(), aborted(signal)])
  } catch (error) {
    return { result: 'later', reason: `the receiver cannot be reached: ${String(error)}` }
  }
}

const waitFor = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.schedule(resolve, ms))

/** Sends once, and again while that would help and the receiver does not ask for more patience than a request has. */
export async function post(fetch: Fetch, clock: Clock, request: PostRequest): Promise<PostResult> {
  for (let tried = 1; ; tried++) {
    const answer = await attempt(fetch, clock, request)
    const waitMs = answer.retryAfterMs ?? BACKOFF_MS * 2 ** (tried - 1)
    if (answer.result !== 'later' || tried === ATTEMPTS_MAX || waitMs > RETRY_AFTER_MS_MAX) return answer
    await waitFor(clock, waitMs)
  }
}
