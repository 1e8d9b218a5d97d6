import { randomUUID } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Scratch } from '../disk/scratch.ts'
import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import type { Slots } from '../slots.ts'
import { bare, fromFile, hasResult, intoFile, type Compression } from '../sql/rewrite.ts'
import type { Statement } from '../sql/statement.ts'
import { sendResult, type Counts, type Result } from './answer.ts'
import { DEFAULT_FORMAT } from './formats.ts'
import { header, parseQueryRequest, type QueryRequest } from './request.ts'
import { receiveStatement, type Received } from './receive.ts'

/** What answering a query takes. */
export interface QueryContext {
  readonly engine: Engine
  readonly scratch: Scratch
  /** For INSERTs that bring their rows. */
  readonly insertSlots: Slots
  readonly querySlots: Slots
  /** Settings of this port, and which statements it admits; throws to refuse. */
  readonly policy: Policy
}

/** What a port allows. */
export interface Policy {
  /** @throws ClickHouseError when this port does not run the statement. */
  admit(statement: Statement, request: QueryRequest): Promise<void>
  /** The settings to run with, from those asked for. @throws ClickHouseError for one that may not be set. */
  settings(request: QueryRequest): ReadonlyMap<string, string>
}

/** Answers one query request: receive, admit, run in a slot, send. */
export async function answerQuery(
  context: QueryContext,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const query = parseQueryRequest(request, url)
  const rowsFile = context.scratch.newPath()
  const resultFile = context.scratch.newPath()
  try {
    const settings = context.policy.settings(query)
    const received = await receiveStatement(request, query.query, rowsFile)
    if (received.statement.kind === '') throw refuse('SYNTAX_ERROR', 'Empty query.')
    await context.policy.admit(received.statement, query)
    const job = {
      context,
      query,
      settings,
      received,
      rowsFile,
      resultFile,
      compression: acceptedCompression(request, query),
    }
    const result = await runUnlessGone(job, response)
    await sendResult(response, result)
  } finally {
    await Promise.all([rm(rowsFile, { force: true }), rm(resultFile, { force: true })])
  }
}

interface Job {
  readonly context: QueryContext
  readonly query: QueryRequest
  readonly settings: ReadonlyMap<string, string>
  readonly received: Received
  readonly rowsFile: string
  readonly resultFile: string
  readonly compression: Compression
}

/** A client that goes away cancels its statement, unless that writes. */
async function runUnlessGone(job: Job, response: ServerResponse): Promise<Result> {
  const { engine, insertSlots, querySlots } = job.context
  const tag = `sandglass-${randomUUID()}`
  const inserts = job.received.rowsBytes !== undefined
  const gone = (): void => void engine.cancel(tag)
  if (hasResult(job.received.statement)) response.once('close', gone)
  try {
    return await (inserts ? insertSlots : querySlots).run(() => run(job, tag))
  } finally {
    response.off('close', gone)
  }
}

async function run(job: Job, tag: string): Promise<Result> {
  const { context, query, settings, received } = job
  const { statement } = received
  const format = statement.format?.name ?? query.defaultFormat ?? DEFAULT_FORMAT
  const inFile = hasResult(statement)
  const raw = await context.engine.run({
    sql: sqlOf(job, format),
    format,
    database: query.database,
    settings,
    parameters: query.parameters,
    tag,
  })
  const resultBytes = inFile ? (await stat(job.resultFile)).size : raw.bytes.length
  const counts = countsOf(raw, received, resultBytes)
  const base = { format, queryId: query.queryId ?? tag.slice('sandglass-'.length), counts }
  return inFile
    ? { ...base, compression: job.compression, file: job.resultFile }
    : { ...base, compression: 'none', bytes: raw.bytes }
}

function sqlOf(job: Job, format: string): string {
  const { statement, rowsBytes } = job.received
  if (statement.insert && rowsBytes !== undefined) return fromFile(statement, statement.insert, job.rowsFile)
  return hasResult(statement) ? intoFile(statement, format, job.resultFile, job.compression) : bare(statement)
}

function countsOf(
  raw: { rowsRead: number; bytesRead: number; elapsed: number },
  received: Received,
  resultBytes: number,
): Counts {
  const written = received.rowsBytes !== undefined
  const { rowsRead, bytesRead, elapsed } = raw
  return {
    rowsRead,
    bytesRead,
    elapsed,
    resultBytes,
    rowsWritten: written ? rowsRead : 0,
    bytesWritten: written ? bytesRead : 0,
  }
}

/** Results are compressed only when both the setting and the header ask for it, as on the server. */
function acceptedCompression(request: IncomingMessage, query: QueryRequest): Compression {
  if (!['1', 'true'].includes(query.settings.get('enable_http_compression') ?? '')) return 'none'
  const accepted = header(request, 'accept-encoding') ?? ''
  if (/\bgzip\b/.test(accepted)) return 'gz'
  return /\bzstd\b/.test(accepted) ? 'zst' : 'none'
}
