/** Values of flags. */
import { UsageError } from '../errors.ts'

export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** Throws UsageError for a pair without `=`. */
export function parseParams(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`--param ${pair}: write it as name=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** An ISO 8601 instant as Unix time in ms. Throws UsageError. */
export function parseInstant(flag: string, text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new UsageError(`${flag} ${text}: write an instant such as 2026-11-01T00:00:00Z`)
  return ms
}
