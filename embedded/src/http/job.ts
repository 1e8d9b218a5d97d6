import { stat } from 'node:fs/promises'
import type { RawResult } from '../engine/binding.ts'
import type { Engine } from '../engine/engine.ts'
import { ClickHouseError } from '../errors/clickhouse-error.ts'
import { CODES } from '../errors/codes.ts'
import { bare, fromFile, hasResult, intoFile, type Compression } from '../sql/rewrite.ts'
import type { Counts, Result } from './answer.ts'
import { DEFAULT_FORMAT } from './formats.ts'
import type { QueryRequest } from './request.ts'
import type { Received } from './receive.ts'

/** One admitted statement with all it needs to run. */
export interface Job {
  readonly query: QueryRequest
  readonly settings: ReadonlyMap<string, string>
  readonly received: Received
  /** Paths of its own; nothing exists there but the rows received. */
  readonly files: { readonly rows: string; readonly result: string }
  readonly compression: Compression
  readonly tag: string
}

/** Most a result may have, bytes in the engine's representation, unless the request says otherwise. */
const RESULT_BYTES_MAX = 4 * 1024 ** 3

/** Runs it; a result of any size lies in a file, and its rows came from one. */
export async function runJob(engine: Engine, job: Job): Promise<Result> {
  const { query, received, tag, files } = job
  const { statement } = received
  const format = statement.format?.name ?? query.defaultFormat ?? DEFAULT_FORMAT
  const directed = hasResult(statement)
  const settings = directed
    ? new Map([['max_result_bytes', String(RESULT_BYTES_MAX)], ...job.settings])
    : job.settings
  const { database, parameters } = query
  const sql = sqlOf(job, format)
  const work = { sql, format, database, settings, parameters, tag }
  const raw = await engine.run(work).catch((error: unknown) => rethrow(engine, job, error))
  const result = { format, queryId: query.queryId ?? tag }
  if (!directed)
    return { ...result, compression: 'none', bytes: raw.bytes, counts: countsOf(raw, received, 0) }
  const { size } = await stat(files.result)
  return {
    ...result,
    compression: job.compression,
    file: files.result,
    counts: countsOf(raw, received, size),
  }
}

function sqlOf({ received, files, compression }: Job, format: string): string {
  const { statement, rowsBytes } = received
  if (statement.insert && rowsBytes !== undefined) return fromFile(statement, statement.insert, files.rows)
  return hasResult(statement) ? intoFile(statement, format, files.result, compression) : bare(statement)
}

/** The engine counts inserted rows as read ones. */
function countsOf(raw: RawResult, { rowsBytes }: Received, resultBytes: number): Counts {
  const { rowsRead, bytesRead, elapsed } = raw
  const written = rowsBytes === undefined ? { rows: 0, bytes: 0 } : { rows: rowsRead, bytes: bytesRead }
  return { rowsRead, bytesRead, elapsed, resultBytes, rowsWritten: written.rows, bytesWritten: written.bytes }
}

/** An error speaks of the statement as it was sent, and not of where bodies and results lie for a moment. */
async function rethrow(engine: Engine, { files, received }: Job, error: unknown): Promise<never> {
  if (!(error instanceof ClickHouseError)) throw error
  if (error.code === CODES.SYNTAX_ERROR) await engine.print(bare(received.statement))
  const text = error.message.replaceAll(files.rows, '(request body)').replaceAll(files.result, '(result)')
  throw new ClickHouseError(error.code, text, { cause: error })
}
