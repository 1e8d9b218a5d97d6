import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Scratch } from '../disk/scratch.ts'
import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import type { Slots } from '../slots.ts'
import { hasResult } from '../sql/rewrite.ts'
import type { Statement } from '../sql/statement.ts'
import { sendResult } from './answer.ts'
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
  readonly insertSlots: Slots
  /** For everything else. */
  readonly querySlots: Slots
  readonly policy: Policy
}

/** What a port allows. */
export interface Policy {
  readonly limits: BodyLimits
  /** @throws ClickHouseError when this port does not run the statement. */
  admit(statement: Statement, request: QueryRequest): Promise<void>
  /** The settings to run with, from those asked for. @throws ClickHouseError for one that may not be set. */
  settings(request: QueryRequest): ReadonlyMap<string, string>
}

/** Tags of statements that may be cancelled at any time, since they only read. */
export const CANCELLABLE = 'sandglass-read-'
const UNCANCELLABLE = 'sandglass-work-'

/** Answers one request: parse, receive, admit, run in a slot, send; whatever lay on disk for it is removed. */
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
    const settings = policy.settings(query)
    const received = await receiveStatement(request, query.query, files.rows, policy.limits)
    if (received.statement.kind === '') throw refuse('SYNTAX_ERROR', 'Syntax error: empty query.')
    await policy.admit(received.statement, query)
    const tag = (hasResult(received.statement) ? CANCELLABLE : UNCANCELLABLE) + randomUUID()
    const job = { query, settings, received, files, tag, compression: acceptedCompression(request, query) }
    await sendResult(response, await inSlot(context, job, response))
  } finally {
    await Promise.all([rm(files.rows, { force: true }), rm(files.result, { force: true })])
  }
}

/** A client that goes away cancels its query, running or waiting; what writes is finished. */
async function inSlot({ engine, insertSlots, querySlots }: QueryContext, job: Job, response: ServerResponse) {
  const slots = job.received.rowsBytes === undefined ? querySlots : insertSlots
  return slots.run(async () => {
    if (!hasResult(job.received.statement)) return runJob(engine, job)
    if (response.closed) throw refuse('QUERY_WAS_CANCELLED', 'The client closed the connection.')
    const watch = cancelWhenGone(engine, job.tag, response)
    return runJob(engine, job).finally(watch.end)
  })
}
