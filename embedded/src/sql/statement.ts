import { bracket, isSymbol, isWord } from './cursor.ts'
import { readInsert, type Insert } from './insert.ts'
import { lex, type Token } from './lexer.ts'

/** What the HTTP interface must know about a statement before the engine sees it. */
export interface Statement {
  /** The statement's UTF-8 bytes; every offset below counts bytes of it. */
  readonly source: Buffer
  /** First keyword, upper case, opening parentheses looked through; empty when there is none. */
  readonly kind: string
  /** Set for INSERT only. */
  readonly insert?: Insert
  /** A trailing `FORMAT name`: the name, and where the keyword begins. */
  readonly format?: { readonly name: string; readonly start: number }
  /** End of the last token before the closing `;`. */
  readonly end: number
  /** True when another statement follows a `;`. */
  readonly multiple: boolean
  /** Unquoted words outside brackets, upper case, in order. */
  readonly words: readonly string[]
}

/**
 * Reads a statement's outline. It is read as latin1, in which a character is a byte, so binary rows do no harm.
 * Rows behind an INSERT's header are never looked at. Never throws.
 */
export function readStatement(source: Buffer): Statement {
  const text = asciiBlanks(source.toString('latin1'))
  const kind = firstKeyword(text)
  if (kind !== 'INSERT') return { source, kind, ...outline(text) }
  const insert = readInsert(text)
  const hasRows = insert.clause === 'FORMAT' || insert.clause === 'VALUES'
  return {
    source,
    kind,
    insert,
    ...(hasRows ? { end: text.length, multiple: false, words: [] } : outline(text)),
  }
}

/** Most bytes of a statement in which the engine looks for anything but rows. */
const PARSED_BYTES_MAX = 256 * 1024
/** The UTF-8 bytes of the blanks beyond ASCII that the engine skips, as they look in latin1. */
const WIDE_BLANKS = /\xc2\xa0|\xe2\x80[\x80-\x8b\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf/g

/** Every offset stays where it is. */
function asciiBlanks(text: string): string {
  const parsed = text.slice(0, PARSED_BYTES_MAX).replaceAll(WIDE_BLANKS, (blank) => ' '.repeat(blank.length))
  return parsed + text.slice(PARSED_BYTES_MAX)
}

function firstKeyword(text: string): string {
  for (const token of lex(text)) {
    if (!isSymbol(token, '(')) return token.kind === 'word' ? token.text.toUpperCase() : ''
  }
  return ''
}

function outline(text: string): Omit<Statement, 'source' | 'kind' | 'insert'> {
  const tokens = [...lex(text)]
  const semicolon = tokens.findIndex((token) => isSymbol(token, ';'))
  const body = semicolon === -1 ? tokens : tokens.slice(0, semicolon)
  const rest = semicolon === -1 ? [] : tokens.slice(semicolon)
  const top = outsideBrackets(body)
  const format = trailingFormat(top)
  return {
    ...(format && { format }),
    end: body.at(-1)?.end ?? 0,
    multiple: rest.some((token) => !isSymbol(token, ';')),
    words: top.filter((token) => token.kind === 'word').map((token) => token.text.toUpperCase()),
  }
}

function outsideBrackets(tokens: readonly Token[]): Token[] {
  let depth = 0
  return tokens.filter((token) => {
    const step = bracket(token)
    depth += step
    return step === 0 && depth === 0
  })
}

/** `FORMAT name` counts when the statement, or its SETTINGS clause, ends there. */
function trailingFormat(tokens: readonly Token[]): Statement['format'] {
  const at = tokens.findLastIndex(
    (token, i) => isWord(token, 'FORMAT') && endsThere(tokens[i + 1], tokens[i + 2]),
  )
  const keyword = tokens[at]
  const name = tokens[at + 1]
  return keyword && name && { name: name.text, start: keyword.start }
}

function endsThere(name: Token | undefined, behind: Token | undefined): boolean {
  return name?.kind === 'word' && (behind === undefined || isWord(behind, 'SETTINGS'))
}
