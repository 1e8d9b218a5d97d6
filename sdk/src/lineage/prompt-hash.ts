import { hex } from '../audit/chain.ts'
import type { Diagnostics } from '../guard.ts'
import { reportInternal } from '../guard.ts'

/** Keyed HMAC-SHA256 of a prompt, hex; undefined without a key. Never rejects. */
export type PromptHash = (text: string) => Promise<string | undefined>

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }

export function createPromptHash(key: string | undefined, diagnostics: Diagnostics): PromptHash {
  if (key === undefined || key === '') return () => Promise.resolve(undefined)
  const encoder = new TextEncoder()
  let imported: ReturnType<typeof crypto.subtle.importKey> | undefined
  return async (text) => {
    try {
      imported ??= crypto.subtle.importKey('raw', encoder.encode(key), ALGORITHM, false, ['sign'])
      const signature = await crypto.subtle.sign('HMAC', await imported, encoder.encode(text))
      return hex(new Uint8Array(signature))
    } catch (error) {
      reportInternal(diagnostics, error)
      return undefined
    }
  }
}
