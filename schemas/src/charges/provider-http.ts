/** Requests to Cloudflare's API: bounded, retried where a retry helps, and errors that say what to do. */

export interface ProviderAccess {
  /** Base of the API; default: Cloudflare's. */
  readonly apiUrl?: string
  readonly accountId: string
  readonly apiToken: string
  readonly fetch: typeof fetch
  /** Waits some ms; default: a timer. */
  readonly wait?: (ms: number) => Promise<void>
}

/** The provider's API refuses, does not answer, or answers what nobody documented. */
export class ProviderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProviderError'
  }
}

export const CLOUDFLARE_API = 'https://api.cloudflare.com/client/v4'

const ATTEMPTS_MAX = 5
const BACKOFF_MS = 500
const RETRY_AFTER_MS_MAX = 60_000
const REQUEST_MS_MAX = 60_000
const QUOTED_CHARACTERS_MAX = 200

/**
 * The JSON that a path of the API answers. 429, 5xx and broken connections are tried again, as long as Retry-After asks.
 * @throws ProviderError
 */
export async function askProvider(access: ProviderAccess, path: string, body?: unknown): Promise<unknown> {
  const url = `${access.apiUrl ?? CLOUDFLARE_API}${path}`
  for (let attempt = 1; ; attempt += 1) {
    const answer = await tryOnce(access, url, body)
    if (answer.done) return answer.json
    if (answer.retryMs === undefined || attempt === ATTEMPTS_MAX) throw new ProviderError(answer.failure)
    await (access.wait ?? sleep)(Math.max(answer.retryMs, BACKOFF_MS * 2 ** (attempt - 1)))
  }
}

type Attempt =
  | { readonly done: true; readonly json: unknown }
  | { readonly done: false; readonly failure: string; readonly retryMs: number | undefined }

async function tryOnce({ apiToken, fetch }: ProviderAccess, url: string, body: unknown): Promise<Attempt> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiToken}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    })
    const text = await response.text()
    if (response.ok) return parseJson(url, text)
    const retries = response.status === 429 || response.status >= 500
    return {
      done: false,
      failure: describeFailure(url, response.status, text),
      retryMs: retries ? retryAfterMs(response.headers.get('retry-after')) : undefined,
    }
  } catch (error) {
    const cause = causeOf(error)
    return { done: false, failure: `the provider's API at ${url} does not answer: ${cause}`, retryMs: 0 }
  }
}

/** fetch hides why it failed in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}

function parseJson(url: string, text: string): Attempt {
  try {
    return { done: true, json: JSON.parse(text) }
  } catch {
    const quoted = text.slice(0, QUOTED_CHARACTERS_MAX)
    return {
      done: false,
      failure: `the provider's API at ${url} answered no JSON: ${quoted}`,
      retryMs: undefined,
    }
  }
}

function describeFailure(url: string, status: number, text: string): string {
  const said = `the provider's API at ${url} answered ${status}: ${text.slice(0, QUOTED_CHARACTERS_MAX)}`
  return status === 401 || status === 403
    ? `${said}. The token needs the rights Account Analytics: Read and Workers Containers: Read`
    : said
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? 0)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, RETRY_AFTER_MS_MAX) : 0
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
