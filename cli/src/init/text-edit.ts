/** A replacement of `[start, end)`. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Edits must not overlap; their positions are those of the text before any. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start || b.end - a.end)
    .reduce((edited, { start, end, text: by }) => edited.slice(0, start) + by + edited.slice(end), text)
}
