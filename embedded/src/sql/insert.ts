import { bracket, cursorOver, isSymbol, isWord, type Cursor } from './cursor.ts'

/** The header of an INSERT: everything before its rows. */
export interface Insert {
  /** What supplies the rows; `NONE` when the header breaks off. */
  readonly clause: 'FORMAT' | 'VALUES' | 'SELECT' | 'FROM' | 'NONE'
  /** Format of the rows that follow, for FORMAT and VALUES; else empty. */
  readonly format: string
  /** Where `FROM INFILE` belongs: before SETTINGS or, without one, before the clause. */
  readonly sourceAt: number
  /** Where the clause's keyword begins. */
  readonly clauseAt: number
  /** Offset where rows written behind the header begin. */
  readonly rowsAt: number
}

type Clause = Omit<Insert, 'sourceAt'>

/** Reads `INSERT INTO [TABLE] name [(columns)] [SETTINGS …] FORMAT|VALUES|SELECT …`. Never throws. */
export function readInsert(text: string): Insert {
  const cursor = cursorOver(text)
  skipTarget(cursor)
  const sourceAt = cursor.peek()?.start ?? text.length
  return { ...readClause(cursor, text), sourceAt }
}

function skipTarget(cursor: Cursor): void {
  cursor.take('INSERT')
  cursor.take('INTO')
  if (!cursor.take('TABLE') && cursor.take('FUNCTION')) {
    cursor.next()
    cursor.skipGroup()
  } else {
    do cursor.skipGroup()
    while (cursor.take('.'))
  }
  if (isSymbol(cursor.peek(), '(')) cursor.skipGroup()
}

/** Skips a SETTINGS clause, in which a keyword followed by `=` is a name. */
function readClause(cursor: Cursor, text: string): Clause {
  for (let token = cursor.peek(); token; token = cursor.peek()) {
    const clauseAt = token.start
    if (isSymbol(token, '(')) return { clause: 'SELECT', format: '', clauseAt, rowsAt: text.length }
    if (bracket(token) !== 0) {
      cursor.skipGroup()
      continue
    }
    cursor.next()
    if (isSymbol(cursor.peek(), '=')) continue
    if (isWord(token, 'VALUES')) return { clause: 'VALUES', format: 'Values', clauseAt, rowsAt: token.end }
    if (isWord(token, 'FORMAT')) return formatClause(cursor, text, clauseAt)
    if (isWord(token, 'FROM')) return { clause: 'FROM', format: '', clauseAt, rowsAt: text.length }
    if (QUERY.some((keyword) => isWord(token, keyword))) {
      return { clause: 'SELECT', format: '', clauseAt, rowsAt: text.length }
    }
  }
  return { clause: 'NONE', format: '', clauseAt: text.length, rowsAt: text.length }
}

const QUERY = ['SELECT', 'WITH', 'WATCH', 'EXECUTE']

/** Rows begin after the first line break behind the name, or after the blanks when there is none. */
function formatClause(cursor: Cursor, text: string, clauseAt: number): Clause {
  const name = cursor.next()
  const behind = name?.end ?? text.length
  BLANK_THEN_BREAK.lastIndex = behind
  BLANK_THEN_BREAK.test(text)
  return { clause: 'FORMAT', format: name?.text ?? '', clauseAt, rowsAt: BLANK_THEN_BREAK.lastIndex }
}

const BLANK_THEN_BREAK = /[ \t\f]*\r?\n?/y
