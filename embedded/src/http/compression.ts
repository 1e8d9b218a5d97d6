import type { IncomingMessage } from 'node:http'
import type { Compression } from '../sql/rewrite.ts'
import { header } from './header.ts'
import type { QueryRequest } from './request.ts'

/** The engine's name and HTTP's, in the order of preference. */
const COMPRESSIONS: readonly (readonly [Compression, string])[] = [
  ['gz', 'gzip'],
  ['zst', 'zstd'],
]

/** Results are compressed when both the setting and the header ask for it, as on the server. */
export function acceptedCompression(request: IncomingMessage, query: QueryRequest): Compression {
  if (!['1', 'true'].includes(query.settings.get('enable_http_compression') ?? '')) return 'none'
  const parts = (header(request, 'accept-encoding') ?? '').split(',')
  const accepted = new Set(parts.map((part) => part.split(';')[0]?.trim()))
  return COMPRESSIONS.find(([, encoding]) => accepted.has(encoding))?.[0] ?? 'none'
}

/** HTTP's name; undefined for none. */
export function contentEncodingOf(compression: Compression): string | undefined {
  return COMPRESSIONS.find(([name]) => name === compression)?.[1]
}
