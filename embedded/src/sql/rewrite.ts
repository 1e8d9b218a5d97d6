import type { Insert } from './insert.ts'
import { quoteString } from './literal.ts'
import type { Statement } from './statement.ts'

/** Statements whose result the engine can write to a file itself, whatever its size. */
const WITH_RESULT = new Set([
  'SELECT',
  'WITH',
  'FROM',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'EXISTS',
  'EXPLAIN',
  'CHECK',
])

/** True when the statement answers with rows that `intoFile` can direct. */
export function hasResult(statement: Statement): boolean {
  return WITH_RESULT.has(statement.kind) && !statement.words.includes('INSERT')
}

/** The statement with its result going to `file`, in `format` unless it names one itself. */
export function intoFile(
  statement: Statement,
  format: string,
  file: string,
  compression: Compression,
): string {
  const { source, end } = statement
  const at = statement.format?.start ?? end
  const tail = statement.format ? slice(source, at, end) : `FORMAT ${format}`
  return `${slice(source, 0, at)}\nINTO OUTFILE ${quoteString(file)} COMPRESSION '${compression}' ${tail}`
}

/** Compressions of a result, in the engine's words. */
export type Compression = 'none' | 'gz' | 'zst'

/** The INSERT with its rows coming from `file`. */
export function fromFile({ source }: Statement, insert: Insert, file: string): string {
  const target = slice(source, 0, insert.sourceAt)
  const settings = slice(source, insert.sourceAt, insert.clauseAt)
  return `${target} FROM INFILE ${quoteString(file)} COMPRESSION 'none' ${settings} FORMAT ${insert.format}`
}

/** The statement without a closing `;` and what follows it. */
export function bare({ source, end }: Statement): string {
  return slice(source, 0, end)
}

function slice(source: Buffer, from: number, to: number): string {
  return source.toString('utf8', from, to)
}
