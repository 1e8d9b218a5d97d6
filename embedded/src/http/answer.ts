import { open } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { ClickHouseError } from '../errors/clickhouse-error.ts'
import { statusOf } from '../errors/codes.ts'
import type { Compression } from '../sql/rewrite.ts'
import { contentEncodingOf } from './compression.ts'
import { contentTypeOf } from './formats.ts'

/** What a finished statement counted. */
export interface Counts {
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly bytesWritten: number
  readonly resultBytes: number
  /** Seconds. */
  readonly elapsed: number
}

/** A finished statement's result: in a file, or few bytes in memory. */
export interface Result {
  readonly format: string
  readonly queryId: string
  readonly counts: Counts
  readonly compression: Compression
  readonly file?: string
  readonly bytes?: Uint8Array
}

/** A reader that takes nothing for this long is given up, milliseconds. */
const STALLED_MS = 300_000

/** Sends a result. Nothing is sent before the statement has ended, so an error always has its status. */
export async function sendResult(response: ServerResponse, result: Result): Promise<void> {
  const encoding = contentEncodingOf(result.compression)
  response.setHeader('Content-Type', contentTypeOf(result.format))
  response.setHeader('X-ClickHouse-Format', result.format)
  response.setHeader('X-ClickHouse-Query-Id', result.queryId)
  response.setHeader('X-ClickHouse-Summary', summary(result.counts))
  if (encoding) response.setHeader('Content-Encoding', encoding)
  if (result.file === undefined) return void response.end(result.bytes)
  const file = await open(result.file)
  const { size } = await file.stat()
  response.setHeader('Content-Length', size)
  response.setTimeout(STALLED_MS, () => response.destroy())
  await pipeline(file.createReadStream(), response)
}

/** Numbers as strings, as the server writes them. */
function summary(counts: Counts): string {
  return JSON.stringify({
    read_rows: String(counts.rowsRead),
    read_bytes: String(counts.bytesRead),
    written_rows: String(counts.rowsWritten),
    written_bytes: String(counts.bytesWritten),
    total_rows_to_read: '0',
    result_rows: String(counts.rowsRead),
    result_bytes: String(counts.resultBytes),
    elapsed_ns: String(Math.round(counts.elapsed * 1e9)),
  })
}

/** Sends an error as the server words it: text body, number in a header. */
export function sendError(response: ServerResponse, error: ClickHouseError, version: string): void {
  if (response.headersSent) return void response.destroy()
  const status = statusOf(error.code)
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  if (status === 503) response.setHeader('Retry-After', '1')
  response.end(`${error.message} (version ${version})\n`)
}
