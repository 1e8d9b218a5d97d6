/** What a token is; `invalid` runs to the end of the text. */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'invalid'

export interface Token {
  readonly kind: TokenKind
  /** Exact text; of a quoted identifier, the text between its quotes with escapes undone. */
  readonly text: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

const SPACE = /[\s\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+/y
const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y
const WORD = /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/y
const NUMBER = /\d[\w.]*/y
const HEREDOC = /\$\w*\$/y

/**
 * Splits ClickHouse SQL into tokens, lazily: data that follows an INSERT's header is never looked at
 * unless the caller goes on. Comments (line, `#`, `//`, nested block) and white space are skipped.
 */
export function* lex(text: string): Generator<Token, void, undefined> {
  let at = skipBlank(text, 0)
  while (at < text.length) {
    const token = readToken(text, at)
    yield token
    at = skipBlank(text, token.end)
  }
}

function skipBlank(text: string, from: number): number {
  let at = from
  for (;;) {
    const next = endOf(SPACE, text, at) ?? endOf(LINE_COMMENT, text, at) ?? blockCommentEnd(text, at)
    if (next === undefined) return at
    at = next
  }
}

function blockCommentEnd(text: string, start: number): number | undefined {
  if (!text.startsWith('/*', start)) return undefined
  let depth = 1
  let at = start + 2
  while (at < text.length && depth > 0) {
    if (text.startsWith('*/', at)) depth--
    else if (text.startsWith('/*', at)) depth++
    at += text.startsWith('*/', at) || text.startsWith('/*', at) ? 2 : 1
  }
  return at
}

function readToken(text: string, start: number): Token {
  const first = text.charAt(start)
  if (first === "'") return quoted(text, start, 'string')
  if (first === '"' || first === '`') return quoted(text, start, 'quoted')
  const heredoc = endOf(HEREDOC, text, start)
  if (heredoc !== undefined) return readHeredoc(text, start, heredoc)
  const word = endOf(WORD, text, start)
  if (word !== undefined) return { kind: 'word', text: text.slice(start, word), start, end: word }
  const number = endOf(NUMBER, text, start)
  if (number !== undefined) return { kind: 'number', text: text.slice(start, number), start, end: number }
  return { kind: 'symbol', text: first, start, end: start + 1 }
}

/** Both escapes count: a backslash before any character, and the quote doubled. */
function quoted(text: string, start: number, kind: 'string' | 'quoted'): Token {
  const quote = text.charAt(start)
  let content = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\') content += text.charAt(++at)
    else if (char !== quote) content += char
    else if (text.charAt(at + 1) === quote) content += text.charAt(++at)
    else return { kind, text: kind === 'quoted' ? content : text.slice(start, at + 1), start, end: at + 1 }
  }
  return { kind: 'invalid', text: text.slice(start), start, end: text.length }
}

function readHeredoc(text: string, start: number, bodyStart: number): Token {
  const tag = text.slice(start, bodyStart)
  const close = text.indexOf(tag, bodyStart)
  if (close === -1) return { kind: 'word', text: tag, start, end: bodyStart }
  const end = close + tag.length
  return { kind: 'string', text: text.slice(start, end), start, end }
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
