/** Strings as the rules say they are stored: the whole string searched, then cut. No quick look, no bytes. */
import { createRedactor, isSecretName, redactionMark } from '@sandglass/schemas/redaction'

const redact = createRedactor()

export const secretMark = redactionMark('name')
export { isSecretName }

/** How often something of the record at hand was cut. */
export interface Cuts {
  count: number
}

export function storedText(text: string, bytesMax: number, cuts: Cuts): string {
  const clean = redact(text)
  if (Math.max(Buffer.byteLength(text), Buffer.byteLength(clean)) > bytesMax) cuts.count++
  return cutUtf8(clean, bytesMax)
}

/** Arrays and maps are cut after they were rendered. */
export function storedRendered(text: string, bytesMax: number, cuts: Cuts): string {
  const clean = redact(text)
  if (Buffer.byteLength(clean) > bytesMax) cuts.count++
  return cutUtf8(clean, bytesMax)
}

export function storedName(name: string, bytesMax: number, cuts: Cuts): string {
  if (Buffer.byteLength(name) > bytesMax) cuts.count++
  return cutUtf8(name, bytesMax)
}

export function redactedName(name: string): string {
  return redact(name)
}

function cutUtf8(text: string, bytesMax: number): string {
  let kept = ''
  let bytes = 0
  for (const char of text) {
    bytes += Buffer.byteLength(char)
    if (bytes > bytesMax) break
    kept += char
  }
  return kept
}

/** Size of a string in a column. */
export function encodedSize(text: string): number {
  const bytes = Buffer.byteLength(text)
  return bytes + (bytes < 2 ** 7 ? 1 : bytes < 2 ** 14 ? 2 : 3)
}
