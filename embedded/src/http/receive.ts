import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import { readStatement, type Statement } from '../sql/statement.ts'
import { readBody, receiveBody } from './body.ts'

/** A statement and, for an INSERT with rows, the size of the file they were put in. */
export interface Received {
  readonly statement: Statement
  /** Undefined when no file was written. */
  readonly rowsBytes?: number
}

/** Most a statement with its inline rows may have when it comes in the body, bytes after decompression. */
export const STATEMENT_BYTES_MAX = 64 * 1024 * 1024
/** Most rows of one INSERT whose header is in the URL, bytes after decompression. */
export const INSERT_BYTES_MAX = 2 * 1024 * 1024 * 1024

const LINE_BREAK = Buffer.from('\n')

/** Puts URL and body together. Rows of an INSERT go to `rowsFile` and never through a string: they may be binary. */
export async function receiveStatement(
  request: IncomingMessage,
  query: string,
  rowsFile: string,
): Promise<Received> {
  const header = Buffer.from(query)
  const statement = readStatement(header)
  if (awaitsRows(statement))
    return { statement, rowsBytes: await receiveBody(request, rowsFile, INSERT_BYTES_MAX) }
  const body = await readBody(request, STATEMENT_BYTES_MAX)
  const between = header.length > 0 && body.length > 0 ? [LINE_BREAK] : []
  return splitRows(readStatement(Buffer.concat([header, ...between, body])), rowsFile)
}

function awaitsRows({ insert, source }: Statement): boolean {
  return (
    insert !== undefined && insert.format !== '' && source.toString('latin1', insert.rowsAt).trim() === ''
  )
}

async function splitRows(statement: Statement, rowsFile: string): Promise<Received> {
  if (statement.multiple) throw refuse('SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed).')
  if (!statement.insert?.format) return { statement }
  const rows = statement.source.subarray(statement.insert.rowsAt)
  await writeFile(rowsFile, rows, { flag: 'wx', mode: 0o600 })
  return { statement, rowsBytes: rows.length }
}
