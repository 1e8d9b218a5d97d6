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

/** Most bytes a request may bring, counted after decompression. */
export interface BodyLimits {
  /** A statement in the body, with its inline rows. */
  readonly statement: number
  /** Rows of an INSERT whose header is in the URL; 0 where nothing is inserted. */
  readonly rows: number
}

const LINE_BREAK = Buffer.from('\n')

/** Puts URL and body together. Rows of an INSERT go to `rowsFile` and never through a string: they may be binary. */
export async function receiveStatement(
  request: IncomingMessage,
  query: string,
  rowsFile: string,
  limits: BodyLimits,
): Promise<Received> {
  const header = Buffer.from(query)
  const statement = readStatement(header)
  if (awaitsRows(statement)) {
    return limits.rows === 0
      ? { statement }
      : { statement, rowsBytes: await receiveBody(request, rowsFile, limits.rows) }
  }
  const body = await readBody(request, limits.statement)
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
