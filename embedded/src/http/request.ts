import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import { readForm } from './form.ts'
import { header } from './header.ts'

/** A request's URL and headers, taken apart. */
export interface QueryRequest {
  readonly method: string
  /** Statement text from the URL, empty when the body carries it. */
  readonly query: string
  readonly queryId: string | undefined
  readonly database: string
  readonly defaultFormat: string | undefined
  readonly settings: ReadonlyMap<string, string>
  readonly parameters: ReadonlyMap<string, string>
}

/** Read elsewhere (credentials) or meaningless here (every response is complete before its first byte). */
const CONSUMED = new Set(
  (
    'query query_id database default_format user password ' +
    'wait_end_of_query buffer_size stacktrace client_protocol_version close_session ' +
    'quota_key session_timeout session_check'
  ).split(' '),
)

/** Parts of the server's interface that are refused rather than ignored, with what to do instead. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['session_id', 'sessions are not supported: send settings with each request, and no temporary tables'],
  ['role', 'the embedded engine has no roles: use a ClickHouse server'],
  ['compress', 'the native compressed framing is not supported: use Accept-Encoding'],
  ['decompress', 'the native compressed framing is not supported: use Content-Encoding'],
])

const NAME = /^[A-Za-z_][\w.]*$/

/** @throws ClickHouseError for a name no setting or parameter can have, or an unsupported part. */
export async function parseQueryRequest(request: IncomingMessage, url: URL): Promise<QueryRequest> {
  const fields = new Map([...url.searchParams, ...(await readForm(request))])
  for (const [name, why] of UNSUPPORTED) {
    if (!['', '0', undefined].includes(fields.get(name))) throw refuse('NOT_IMPLEMENTED', `${name}: ${why}.`)
  }
  const named = [...fields].filter(([name]) => !CONSUMED.has(name) && !UNSUPPORTED.has(name))
  return {
    method: request.method ?? 'GET',
    query: fields.get('query') ?? '',
    queryId: fields.get('query_id') ?? header(request, 'x-clickhouse-query-id'),
    database: fields.get('database') || header(request, 'x-clickhouse-database') || 'default',
    defaultFormat: fields.get('default_format') ?? header(request, 'x-clickhouse-format'),
    settings: new Map(named.filter(([name]) => !name.startsWith('param_')).map(checkName)),
    parameters: new Map(
      named
        .filter(([name]) => name.startsWith('param_'))
        .map(([name, value]) => checkName([name.slice('param_'.length), value])),
    ),
  }
}

function checkName([name, value]: readonly [string, string]): [string, string] {
  if (NAME.test(name)) return [name, value]
  throw refuse('BAD_ARGUMENTS', `'${name}' cannot be the name of a setting or a parameter.`)
}
