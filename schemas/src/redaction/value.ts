/** Where the value behind a name ends, and whether it is a secret at all. */

export interface ValueRange {
  readonly from: number
  readonly to: number
}

const QUOTE = /["'`]/
/** May end a value that is not quoted: gaps and quotes always do, the others unless more of the value follows. */
const STOP = /[\s"'`\\,;&|)}\]>]/g
const SOFT_STOP = /[,;&|)}\]>]/
/** What follows a break when the value is over: nothing, a gap, another parameter or another closing sign. */
const AFTER_BREAK = /^(?:\s|[,;&|)}\]>"'`]|[\w.%-]{1,64}=|$)/
const AFTER_BREAK_LENGTH = 66
/** How a shell writes a quote inside of single quotes. */
const SHELL_QUOTE = String.raw`'\''`
const WORD = /[\w.$%+/@:~^!#*-]/
const SCHEME = /^(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)\s{1,4}/i
const SCHEME_LENGTH = 24

/**
 * The value that begins at `at`: between its quotes, or up to the next gap or separator. The scheme of credentials stays.
 * Not looked at beyond `end`.
 */
export function valueRange(text: string, at: number, end: number): ValueRange {
  if (text.startsWith(SHELL_QUOTE, at)) return shellQuoted(text, at + SHELL_QUOTE.length, end)
  const escaped = backslashes(text, at)
  const quote = text[at + escaped] ?? ''
  const isQuoted = QUOTE.test(quote)
  const from = afterScheme(text, isQuoted ? at + escaped + 1 : at)
  return {
    from,
    to: isQuoted ? quotedEnd(text, from, end, quote, escaped) : unquotedEnd(text, from, end),
  }
}

/** Between two quotes inside of a quoted word, as in `sh -c 'PASSWORD='\''…'\'' run'`. */
function shellQuoted(text: string, at: number, end: number): ValueRange {
  const from = afterScheme(text, at)
  const length = text.slice(from, end).indexOf(SHELL_QUOTE)
  return { from, to: length < 0 ? Math.max(from, end) : from + length }
}

/** The value of a header such as Cookie: up to the end of the line or of the quotes around the header. */
export function lineRange(text: string, at: number, end: number): ValueRange {
  const { from } = valueRange(text, at, at)
  let to = from
  while (to < end && !/["'`\r\n]/.test(text[to] ?? '')) to = afterParameter(text, to, end)
  return { from, to: text[to - 1] === '\\' ? to - 1 : to }
}

/** Past the character at `at`, and when that begins the quoted value of a parameter, past that: `response="…"`. */
function afterParameter(text: string, at: number, end: number): number {
  if (text[at] !== '=') return at + 1
  const quoteAt = at + 1 + backslashes(text, at + 1)
  if (text[quoteAt] !== '"') return at + 1
  let to = quoteAt + 1
  while (to < end && !/["\r\n]/.test(text[to] ?? '')) to++
  return text[to] === '"' && to < end ? to + 1 : at + 1
}

/** JSON in JSON in JSON has seven. */
const BACKSLASHES_MAX = 15

function backslashes(text: string, at: number): number {
  let count = 0
  while (count < BACKSLASHES_MAX && text[at + count] === '\\') count++
  return count
}

function afterScheme(text: string, at: number): number {
  return at + (SCHEME.exec(text.slice(at, at + SCHEME_LENGTH))?.[0].length ?? 0)
}

/** The same quote, escaped as the first was; the end when it is cut off. */
function quotedEnd(text: string, from: number, end: number, quote: string, escaped: number): number {
  for (let i = from; i < end; i++) {
    if (text[i] === '\\') {
      const run = backslashes(text, i)
      if (run === escaped && text[i + run] === quote) return i
      i += escaped === 0 ? 1 : run
    } else if (text[i] === quote) {
      if (!text.startsWith(SHELL_QUOTE, i)) return i
      i += SHELL_QUOTE.length - 1
    }
  }
  return Math.max(from, end)
}

function unquotedEnd(text: string, from: number, end: number): number {
  const seen = text.slice(from, end)
  STOP.lastIndex = 0
  for (let stop = STOP.exec(seen); stop; stop = STOP.exec(seen)) {
    const at = from + stop.index
    if (text.startsWith(SHELL_QUOTE, at) && WORD.test(text[at + SHELL_QUOTE.length] ?? '')) {
      STOP.lastIndex = stop.index + SHELL_QUOTE.length
      continue
    }
    if (endsValue(text, at)) return at
  }
  return Math.max(from, end)
}

function endsValue(text: string, at: number): boolean {
  const char = text[at] ?? ''
  if (char === '\\') return QUOTE.test(text[at + 1] ?? '')
  return !SOFT_STOP.test(char) || AFTER_BREAK.test(text.slice(at + 1, at + AFTER_BREAK_LENGTH))
}

const REFERENCE = /^(?:\$\{?[A-Z_][A-Z0-9_]*\}?$|\$\(|\$\{\{|%[A-Z_][A-Z0-9_]*%$|<[^<>]{1,64}>$)/
const NO_VALUE = /^(?:|null|nil|none|true|false|undefined|required|\*+|x{3,}|\.{3})$/i
const COUNT = /^[0-9]{1,6}$/

/** Names a secret, or says that there is none. */
export function isReference(value: string): boolean {
  return REFERENCE.test(value) || NO_VALUE.test(value)
}

export function isCount(value: string): boolean {
  return COUNT.test(value)
}

const RANDOM_LENGTH_MIN = 16
const RANDOM_LENGTH_SEEN = 64
const RANDOM_DISTINCT_MIN = 8
/** Share of characters at which random text changes between digits, small and capital letters; words and numbers stay below. */
const RANDOM_CHANGES_MIN = 0.2
const TOKEN = /^[\w+/=.~%-]+$/

/** Whether it looks like a key rather than a word, a path or a number. */
export function looksRandom(value: string): boolean {
  const seen = value.slice(0, RANDOM_LENGTH_SEEN)
  if (seen.length < RANDOM_LENGTH_MIN || !TOKEN.test(seen)) return false
  let changes = 0
  for (let i = 1; i < seen.length; i++) if (classOf(seen[i] ?? '') !== classOf(seen[i - 1] ?? '')) changes++
  return changes / seen.length >= RANDOM_CHANGES_MIN && new Set(seen).size >= RANDOM_DISTINCT_MIN
}

function classOf(char: string): string {
  if (char >= '0' && char <= '9') return 'digit'
  return char >= 'a' && char <= 'z' ? 'small' : 'capital'
}
