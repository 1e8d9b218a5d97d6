import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import { readBody } from './body.ts'

/** Most bytes of a form; clients put a query and its parameters there when a URL is too short for them. */
const FORM_BYTES_MAX = 16 * 1024 ** 2

/**
 * Fields of a multipart form, none for any other body. A form is read whole, so nothing of the body is left.
 * @throws ClickHouseError for a broken form, and for a file in it (the server's external tables).
 */
export async function readForm(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const type = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data/i.test(type)) return new Map()
  const body = await readBody(request, FORM_BYTES_MAX)
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => {
      throw refuse('BAD_ARGUMENTS', 'The multipart/form-data body cannot be read.')
    })
  return new Map([...form].map(([name, value]) => [name, textOf(name, value)]))
}

function textOf(name: string, value: string | File): string {
  if (typeof value === 'string') return value
  throw refuse('NOT_IMPLEMENTED', `${name}: external tables are not supported; insert the rows first.`)
}
