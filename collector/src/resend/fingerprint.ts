/**
 * The resend key of a request: 16 bytes that depend on tenant, signal, encoding and decompressed body.
 *
 * Large bodies are digested by GMAC (the tag of AES-GCM over data that is not encrypted): 11 GB/s here, where SHA-1 and
 * SHA-256 do 1.8. It is a universal hash under a secret key: as long as nobody sees key or tags, two different bodies
 * share a tag with a chance of their length in blocks times 2^-128, whoever chose them. Setting it up costs 3 µs (15 when the
 * secret is no key object yet), so small bodies take SHA-256. Keys stay in memory and in the side files.
 */
import { createCipheriv, createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { KEY_BYTES } from '../wal/side-file.ts'

export const SECRET_BYTES = 16

/** Where SHA-256 begins to take longer than setting up GMAC, bytes. */
const SMALL_BYTES_MAX = 4 * 1024

/** The nonce of GCM; constant, since one key makes tags of this one purpose only. */
const NONCE = Buffer.alloc(12)

/** Salts kept; more tenants than this share the cost of making them again. */
const SALTS_MAX = 10_000

export type Fingerprint = (tenantId: string, signal: string, encoding: string, body: Uint8Array) => Uint8Array

/** `secret`: `SECRET_BYTES` random bytes that stay the same as long as the logs that hold keys made with it. */
export function createFingerprint(secret: Uint8Array): Fingerprint {
  const saltOf = createSalts(secret)
  const gmacKey = createSecretKey(secret)
  return (tenantId, signal, encoding, body) => {
    const key = body.length <= SMALL_BYTES_MAX ? sha256(body) : gmac(gmacKey, body)
    const salt = saltOf(`${signal} ${encoding} ${tenantId}`)
    for (let i = 0; i < KEY_BYTES; i += 1) key[i] = (key[i] ?? 0) ^ (salt[i] ?? 0)
    return key
  }
}

const sha256 = (body: Uint8Array): Buffer => hash('sha256', body, 'buffer').subarray(0, KEY_BYTES)

function gmac(key: KeyObject, body: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, NONCE)
  cipher.setAAD(body)
  cipher.final()
  return cipher.getAuthTag()
}

/** The salt keeps tenants, signals and encodings apart; nobody can compute it without the secret. */
function createSalts(secret: Uint8Array): (name: string) => Buffer {
  const salts = new Map<string, Buffer>()
  return (name) => {
    const known = salts.get(name)
    if (known !== undefined) return known
    const salt = createHmac('sha256', secret).update(name).digest().subarray(0, KEY_BYTES)
    if (salts.size >= SALTS_MAX) salts.clear()
    salts.set(name, salt)
    return salt
  }
}
