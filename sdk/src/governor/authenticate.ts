/** Who may speak to the governor: holders of a secret, once per signed request. */
import { GOVERNOR_BODY_LENGTH_MAX, type GovernorError } from '@sandglass/schemas/governor'
import { checkSignature, type SignatureFault } from '@sandglass/schemas/governor/signature'
import type { ScopeNamespace } from './ports.ts'
import { claimNonce } from './scope-client.ts'

export type Authenticated =
  | { readonly ok: true; readonly body: string }
  | {
      readonly ok: false
      readonly status: number
      readonly error: GovernorError['error']
      readonly message: string
    }

const faultMessages: Readonly<Record<SignatureFault, string>> = {
  unsigned: 'the request carries no signature',
  malformed: 'timestamp, nonce or signature is not of the expected form',
  skewed: 'the timestamp is too far from this clock: check the time of the sender',
  forged: 'the signature does not match: check the secret, and that nothing rewrites path or body',
}

/** Reads the body up to its limit, checks the signature, claims the nonce. Throws when nonces cannot be reached. */
export async function authenticate(
  request: Request,
  secrets: readonly string[],
  scopes: ScopeNamespace,
  nowMs: number,
): Promise<Authenticated> {
  const body = await readBody(request)
  if (body === undefined)
    return refuse(413, 'too_large', `the body is longer than ${GOVERNOR_BODY_LENGTH_MAX} bytes`)
  const { pathname, search } = new URL(request.url)
  const signed = { method: request.method, path: pathname + search, body }
  const check = await checkSignature(secrets, signed, (name) => request.headers.get(name), nowMs)
  if (!check.ok) return refuse(401, check.fault, faultMessages[check.fault])
  if (!(await claimNonce(scopes, check.nonce, nowMs)))
    return refuse(409, 'replayed', 'this nonce was used before: sign every attempt anew')
  return { ok: true, body }
}

function refuse(status: number, error: GovernorError['error'], message: string): Authenticated {
  return { ok: false, status, error, message }
}

async function readBody(request: Request): Promise<string | undefined> {
  if (request.body === null) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let sizeBytes = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    sizeBytes += value.byteLength
    if (sizeBytes > GOVERNOR_BODY_LENGTH_MAX) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
