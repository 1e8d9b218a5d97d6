/**
 * Signature of the governor's HTTP API: HMAC-SHA256 over a canonical string, WebCrypto only, imports nothing.
 * A request is good for SKEW_MS_MAX around its timestamp and its nonce is accepted once within that time.
 */

/** Headers of a signed request. */
export const signatureHeader = {
  timestamp: 'x-sandglass-timestamp',
  nonce: 'x-sandglass-nonce',
  signature: 'x-sandglass-signature',
} as const

/** How far the timestamp of a request may be from the verifier's clock, either way, in milliseconds. */
export const SKEW_MS_MAX = 30_000

/** How long a nonce is remembered: every instant at which its request could still be accepted, and a margin. */
export const NONCE_MEMORY_MS = 2 * SKEW_MS_MAX + 5000

/** Shortest accepted shared secret, in characters. */
export const SECRET_LENGTH_MIN = 32

const SIGNATURE_VERSION = 'v1'
const noncePattern = /^[A-Za-z0-9_-]{16,64}$/
const signaturePattern = /^v1=([0-9a-f]{64})$/
const timestampPattern = /^[0-9]{1,15}$/

export interface SignedParts {
  /** Upper case. */
  readonly method: string
  /** Path and query exactly as on the wire. */
  readonly path: string
  /** The body as text; empty when there is none. */
  readonly body: string
  readonly timestampMs: number
  /** 16 to 64 characters of A-Z a-z 0-9 _ -, never used before. */
  readonly nonce: string
}

/** Why a signature is refused. `replayed` is the caller's to find: this module keeps no memory. */
export type SignatureFault = 'unsigned' | 'malformed' | 'skewed' | 'forged'

export type SignatureCheck =
  | { readonly ok: true; readonly nonce: string; readonly timestampMs: number }
  | { readonly ok: false; readonly fault: SignatureFault }

/** Headers that sign a request. Throws RangeError when the secret is shorter than SECRET_LENGTH_MIN. */
export async function signatureHeaders(secret: string, parts: SignedParts): Promise<Record<string, string>> {
  const key = await importKey(secret, 'sign')
  const mac = await crypto.subtle.sign('HMAC', key, await canonicalBytes(parts))
  return {
    [signatureHeader.timestamp]: String(parts.timestampMs),
    [signatureHeader.nonce]: parts.nonce,
    [signatureHeader.signature]: `${SIGNATURE_VERSION}=${toHex(new Uint8Array(mac))}`,
  }
}

/**
 * Checks a request against the secrets in force (several while one is being rotated).
 * Comparison happens inside WebCrypto, in constant time; every secret is tried.
 */
export async function checkSignature(
  secrets: readonly string[],
  request: { readonly method: string; readonly path: string; readonly body: string },
  header: (name: string) => string | null,
  nowMs: number,
): Promise<SignatureCheck> {
  const timestamp = header(signatureHeader.timestamp)
  const nonce = header(signatureHeader.nonce)
  const signature = header(signatureHeader.signature)
  if (timestamp === null || nonce === null || signature === null) return { ok: false, fault: 'unsigned' }
  const mac = signaturePattern.exec(signature)?.[1]
  if (mac === undefined || !noncePattern.test(nonce) || !timestampPattern.test(timestamp))
    return { ok: false, fault: 'malformed' }
  const timestampMs = Number(timestamp)
  if (Math.abs(nowMs - timestampMs) > SKEW_MS_MAX) return { ok: false, fault: 'skewed' }
  const genuine = await matchesAny(secrets, { ...request, timestampMs, nonce }, fromHex(mac))
  return genuine ? { ok: true, nonce, timestampMs } : { ok: false, fault: 'forged' }
}

async function matchesAny(
  secrets: readonly string[],
  parts: SignedParts,
  mac: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const canonical = await canonicalBytes(parts)
  const matches = await Promise.all(
    secrets.map(async (secret) =>
      crypto.subtle.verify('HMAC', await importKey(secret, 'verify'), mac, canonical),
    ),
  )
  return matches.includes(true)
}

async function canonicalBytes(parts: SignedParts): Promise<Uint8Array<ArrayBuffer>> {
  const body = await crypto.subtle.digest('SHA-256', encode(parts.body))
  const lines = [
    `sandglass-governor-${SIGNATURE_VERSION}`,
    parts.method,
    parts.path,
    toHex(new Uint8Array(body)),
    String(parts.timestampMs),
    parts.nonce,
  ]
  return encode(lines.join('\n'))
}

async function importKey(secret: string, usage: 'sign' | 'verify') {
  if (secret.length < SECRET_LENGTH_MIN)
    throw new RangeError(
      `the governor's secret has ${secret.length} characters; at least ${SECRET_LENGTH_MIN} are needed`,
    )
  return crypto.subtle.importKey('raw', encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [usage])
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
