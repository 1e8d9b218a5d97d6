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

/** A UTC day as Unix time in ms. Throws UsageError. */
export function parseDay(flag: string, text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms)) throw new UsageError(`${flag} ${text}: write a day such as 2026-11-01`)
  return ms
}

const PERCENT_MAX = 100

/** A share in percent, 0 to 100. Throws UsageError. */
export function parsePercent(flag: string, text: string): number {
  const percent = Number(text)
  if (text.trim() !== '' && percent >= 0 && percent <= PERCENT_MAX) return percent
  throw new UsageError(`${flag} ${text}: write a number from 0 to ${PERCENT_MAX}, in percent`)
}
