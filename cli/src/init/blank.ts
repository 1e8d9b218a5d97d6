/** What to leave of a source text: the rest becomes spaces, so that every position stays. */
export interface BlankOptions {
  /** Whether strings stay as they are. */
  readonly keepStrings: boolean
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`/y

const spaces = (text: string): string => text.replaceAll(/[^\n]/g, ' ')

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Blanks comments, and strings with their quotes, of TypeScript, JSON with comments and alike. */
export function blank(text: string, { keepStrings }: BlankOptions): string {
  let clean = ''
  while (clean.length < text.length) {
    const comment = matchAt(COMMENT, text, clean.length)
    const string = comment === undefined ? matchAt(STRING, text, clean.length) : undefined
    if (comment !== undefined) clean += spaces(comment)
    else if (string !== undefined) clean += keepStrings ? string : spaces(string)
    else clean += text[clean.length] ?? ''
  }
  return clean
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Position of what closes the bracket at `open` in a text that was blanked; undefined when nothing does. */
export function closingOf(blanked: string, open: number): number | undefined {
  const expected: string[] = []
  for (let at = open; at < blanked.length; at++) {
    const character = blanked[at] ?? ''
    const closer = CLOSERS[character]
    if (closer !== undefined) expected.push(closer)
    else if (')]}'.includes(character) && expected.pop() !== character) return undefined
    if (expected.length === 0) return at
  }
  return undefined
}
