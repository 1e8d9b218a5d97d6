/** Longest string that is kept in memory, characters. */
const KEPT_LENGTH_MAX = 32_768
/** How far back a cut looks for a gap, so that it does not halve a secret into something no rule knows. */
const GAP_SEARCH_MAX = 4_096

const GAP = /[\s"',;&]\S*$/

/** Bounds a string when it is recorded, before anything was redacted in it. */
export function clip(text: string): string {
  if (text.length <= KEPT_LENGTH_MAX) return text
  const kept = text.slice(0, KEPT_LENGTH_MAX)
  const tail = kept.slice(-GAP_SEARCH_MAX)
  const gap = tail.search(GAP)
  return gap < 0 ? kept.slice(0, -GAP_SEARCH_MAX) : kept.slice(0, KEPT_LENGTH_MAX - tail.length + gap)
}
