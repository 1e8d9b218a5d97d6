import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Scratch } from '../disk/scratch.ts'
import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import type { Slots } from '../slots.ts'
import { hasResult } from '../sql/rewrite.ts'
import type { Statement } from '../sql/statement.ts'
import { sendResult, type Result } from './answer.ts'
import { cancelWhenGone } from './cancel.ts'
import { acceptedCompression } from './compression.ts'
import { runJob, type Job } from './job.ts'
import { receiveStatement, type BodyLimits } from './receive.ts'
import { parseQueryRequest, type QueryRequest } from './request.ts'

/** What answering a query takes. */
export interface QueryContext {
  readonly engine: Engine
  readonly scratch: Scratch
  /** For INSERTs that bring their rows. */
  readonly inserts: Slots
  /** For this port's other statements. */
  readonly statements: Slots
  readonly policy: Policy
}

/** What a port allows. */
export interface Policy {
  readonly limits: BodyLimits
  /** @throws ClickHouseError when this port does not run the statement. */
  admit(statement: Statement, request: QueryRequest): Promise<void>
  /** The settings to run with, from those asked for. @throws ClickHouseError for one that may not be set. */
  settings(request: QueryRequest): Promise<ReadonlyMap<string, string>>
}

/** Tags of statements that may be cancelled at any time, since they only read. */
export const CANCELLABLE = 'sandglass-read-'
const UNCANCELLABLE = 'sandglass-work-'

/** Answers one request: parse, receive, wait for a slot, admit, run, send; whatever lay on disk for it is removed. */
export async function answerQuery(
  context: QueryContext,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const { scratch, policy } = context
  const query = await parseQueryRequest(request, url)
  const files = { rows: scratch.newPath(), result: scratch.newPath() }
  try {
    const settings = await policy.settings(query)
    const received = await receiveStatement(request, query.query, files.rows, policy.limits)
    if (received.statement.kind === '') throw refuse('SYNTAX_ERROR', 'Syntax error: empty query.')
    const tag = (hasResult(received.statement) ? CANCELLABLE : UNCANCELLABLE) + randomUUID()
    const job = { query, settings, received, files, tag, compression: acceptedCompression(request, query) }
    await sendResult(response, await inSlot(context, job, response))
  } finally {
    await Promise.all([rm(files.rows, { force: true }), rm(files.result, { force: true })])
  }
}

/** A client that goes away cancels its query, running or waiting; what writes is finished. */
async function inSlot(context: QueryContext, job: Job, response: ServerResponse): Promise<Result> {
  const { engine, inserts, statements, policy } = context
  const { statement, rowsBytes } = job.received
  return (rowsBytes === undefined ? statements : inserts).run(async () => {
    await policy.admit(statement, job.query)
    if (!hasResult(statement)) return runJob(engine, job)
    if (response.closed) throw refuse('QUERY_WAS_CANCELLED', 'The client closed the connection.')
    return cancelWhenGone(engine, job.tag, response, runJob(engine, job))
  })
}
