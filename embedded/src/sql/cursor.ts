import { lex, type Token } from './lexer.ts'

/** True for that unquoted keyword in any case. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === keyword
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === 'symbol' && token.text === symbol
}

/** +1 for an opening bracket, -1 for a closing one, else 0. */
export function bracket(token: Token): number {
  if (token.kind !== 'symbol') return 0
  return '([{'.includes(token.text) ? 1 : ')]}'.includes(token.text) ? -1 : 0
}

/** Walks tokens with one token of look-ahead; reads no further than asked. */
export interface Cursor {
  peek(): Token | undefined
  next(): Token | undefined
  /** Consumes the next token when it is that keyword or symbol. */
  take(text: string): boolean
  /** Consumes one token, or a whole bracketed group when it opens one. */
  skipGroup(): void
}

export function cursorOver(text: string): Cursor {
  const tokens = lex(text)
  let ahead = tokens.next().value ?? undefined
  const next = (): Token | undefined => {
    const current = ahead
    if (current) ahead = tokens.next().value ?? undefined
    return current
  }
  const take = (wanted: string): boolean => {
    const hit = isWord(ahead, wanted) || isSymbol(ahead, wanted)
    if (hit) next()
    return hit
  }
  const skipGroup = (): void => {
    let depth = 0
    do {
      const token = next()
      if (!token) return
      depth += bracket(token)
    } while (depth > 0)
  }
  return { peek: () => ahead, next, take, skipGroup }
}
