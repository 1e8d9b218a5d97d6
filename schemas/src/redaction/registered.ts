/** Secrets that are known: they are cut wherever they stand. */
import { redactionMark } from './mark.ts'

/** A shorter value would cut innocent text everywhere. */
const LENGTH_MIN = 6
/** Hashes of two characters that a secret may start with. */
const STARTS = 65_536

/**
 * Cuts the given secrets, whole or as they look in a URL, inside JSON and in base64. One pass: the two characters at each
 * place tell whether a secret may start there.
 */
export function redactRegistered(secrets: readonly string[]): (text: string) => string {
  const usable = secrets.filter((secret) => secret.length >= LENGTH_MIN)
  if (usable.length === 0) return (text) => text
  const byStart = groupByStart([...new Set(usable.flatMap(forms))])
  const starts = new Uint8Array(STARTS)
  for (const start of byStart.keys()) starts[start] = 1
  return (text) => cut(text, starts, byStart)
}

type ByStart = ReadonlyMap<number, readonly string[]>

function cut(text: string, starts: Uint8Array, byStart: ByStart): string {
  let clean = ''
  let done = 0
  for (let i = 0; i < text.length - 1; i++) {
    if (starts[startAt(text, i)] === 0) continue
    const found = byStart.get(startAt(text, i))?.find((form) => text.startsWith(form, i))
    if (found === undefined) continue
    clean += text.slice(done, i) + redactionMark('registered')
    done = i + found.length
    i = done - 1
  }
  return done === 0 ? text : clean + text.slice(done)
}

/** The longest first, so that a secret inside another does not leave the rest of it. */
function groupByStart(values: readonly string[]): ByStart {
  const groups = new Map<number, string[]>()
  for (const value of values.toSorted((left, right) => right.length - left.length)) {
    const group = groups.get(startAt(value, 0))
    if (group) group.push(value)
    else groups.set(startAt(value, 0), [value])
  }
  return groups
}

function startAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) & (STARTS - 1)
}

function forms(secret: string): readonly string[] {
  return [
    secret,
    secret.replaceAll("'", String.raw`'\''`),
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    ...[0, 1, 2].map((offset) => base64At(secret, offset)).filter((form) => form.length >= LENGTH_MIN),
  ]
}

const BASE64_BYTES = 3
const BASE64_CHARS = 4

/** As it looks in the base64 of a longer text, `offset` bytes into a group: without the characters it shares with what is around it. */
function base64At(secret: string, offset: number): string {
  const before = Math.ceil((offset * BASE64_CHARS) / BASE64_BYTES)
  const bytes = new TextEncoder().encode(secret).length + offset
  return base64('\0'.repeat(offset) + secret).slice(
    offset === 0 ? 0 : before,
    Math.floor((bytes * BASE64_CHARS) / BASE64_BYTES),
  )
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}
