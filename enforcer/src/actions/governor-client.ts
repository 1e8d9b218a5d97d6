/** The governor's signed HTTP API from the side that calls it. */
import { randomUUID } from 'node:crypto'
import {
  GOVERNOR_PATH,
  governorErrorSchema,
  governorReplySchema,
  governorRoute,
  healthReplySchema,
  listReplySchema,
  parsePayload,
  type GovernorReply,
  type HealthReply,
  type ListReply,
  type ResumeRequest,
  type SuspendRequest,
  type VerdictRequest,
} from '@sandglass/schemas/governor'
import { signatureHeaders } from '@sandglass/schemas/governor/signature'

export interface GovernorClient {
  readonly setVerdict: (request: VerdictRequest) => Promise<GovernorReply>
  readonly suspend: (request: SuspendRequest) => Promise<GovernorReply>
  readonly resume: (request: ResumeRequest) => Promise<GovernorReply>
  /** Everything in force, all pages. */
  readonly list: () => Promise<ListReply>
  readonly health: () => Promise<HealthReply>
}

export interface GovernorClientOptions {
  /** Base URL of the Worker. */
  readonly url: string
  readonly secret: string
  /** Time a suspension or resumption may take, ms. */
  readonly callMsMax: number
  readonly now: () => number
  readonly fetch?: typeof fetch | undefined
}

/** The governor refused, or could not be reached. `code` is its own, or `unreachable` or `unreadable`. */
export class GovernorCallError extends Error {
  override readonly name = 'GovernorCallError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Time a call that touches no sandbox may take. */
const QUICK_CALL_MS_MAX = 5000
/** Pages of the list; beyond it something is wrong. */
const PAGES_MAX = 100

type RouteName = keyof typeof governorRoute

export function createGovernorClient(options: GovernorClientOptions): GovernorClient {
  const call = async (name: RouteName, payload: unknown, timeoutMs: number, query = ''): Promise<string> => {
    const { method, path: route } = governorRoute[name]
    const [path, body] = [
      `${GOVERNOR_PATH}${route}${query}`,
      payload === undefined ? '' : JSON.stringify(payload),
    ]
    const signed = { method, path, body, timestampMs: options.now(), nonce: randomUUID() }
    const headers = await signatureHeaders(options.secret, signed)
    const init = { method, headers, signal: AbortSignal.timeout(timeoutMs), ...(body === '' ? {} : { body }) }
    return answerOf(await reach(options.fetch ?? fetch, new URL(path, options.url), init))
  }
  const list = async (): Promise<ListReply> => {
    const pages: ListReply[] = []
    for (let cursor: string | undefined; pages.length < PAGES_MAX;) {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
      const page = parse(listReplySchema, await call('list', undefined, QUICK_CALL_MS_MAX, query))
      pages.push(page)
      cursor = page.cursor
      if (cursor === undefined) break
    }
    return {
      scopes: pages.flatMap((page) => page.scopes),
      sandboxes: pages.flatMap((page) => page.sandboxes),
    }
  }
  return {
    setVerdict: async (request) =>
      parse(governorReplySchema, await call('verdict', request, QUICK_CALL_MS_MAX)),
    suspend: async (request) => parse(governorReplySchema, await call('suspend', request, options.callMsMax)),
    resume: async (request) => parse(governorReplySchema, await call('resume', request, options.callMsMax)),
    list,
    health: async () => parse(healthReplySchema, await call('health', undefined, QUICK_CALL_MS_MAX)),
  }
}

async function reach(send: typeof fetch, url: URL, init: RequestInit): Promise<Response> {
  try {
    return await send(url, init)
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new GovernorCallError('unreachable', `the governor at ${url.origin} cannot be reached: ${cause}`)
  }
}

async function answerOf(response: Response): Promise<string> {
  const text = await response.text()
  if (response.status === 200) return text
  const refusal = parsePayload(governorErrorSchema, text)
  throw refusal.ok
    ? new GovernorCallError(refusal.value.error, refusal.value.message)
    : new GovernorCallError('unreadable', `status ${response.status}: ${text.slice(0, 200)}`)
}

function parse<T>(schema: Parameters<typeof parsePayload<T>>[0], text: string): T {
  const parsed = parsePayload(schema, text)
  if (parsed.ok) return parsed.value
  throw new GovernorCallError('unreadable', `the governor's answer is not of the contract: ${parsed.message}`)
}
