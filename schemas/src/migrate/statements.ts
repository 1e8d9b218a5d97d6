/** Cuts a SQL file into statements and holds each to the forms that may run twice. */

const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'|`[^`]*`|"[^"]*"|;|[^-/'`";]+|[-/]/g

/** Statements without their final semicolon, comments kept: they explain the table where an operator reads it. */
export function splitStatements(sql: string): readonly string[] {
  const statements: string[] = []
  let current = ''
  for (const [piece] of sql.matchAll(token)) {
    if (piece !== ';') current += piece
    else {
      statements.push(current.trim())
      current = ''
    }
  }
  statements.push(current.trim())
  return statements.filter((statement) => withoutComments(statement) !== '')
}

/** A statement without its comments, trimmed. */
export function withoutComments(statement: string): string {
  return statement
    .replace(token, (piece) => (piece.startsWith('--') || piece.startsWith('/*') ? '' : piece))
    .trim()
}

/** A migration may be killed between statements, or run by two processes at once: each statement must bear repetition. */
const repeatable: readonly RegExp[] = [
  /^CREATE (TABLE|MATERIALIZED VIEW|VIEW|ROLE|USER|DATABASE) IF NOT EXISTS /,
  /^CREATE OR REPLACE VIEW /,
  /^ALTER TABLE \w+ (ADD|DROP) (COLUMN|INDEX) IF (NOT )?EXISTS /,
  /^ALTER TABLE \w+ MODIFY (TTL|SETTING|COLUMN|QUERY) /,
  /^DROP (TABLE|VIEW) IF EXISTS /,
]

export function isRepeatable(statement: string): boolean {
  const text = withoutComments(statement)
  return repeatable.some((form) => form.test(text))
}
