import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import { header } from './header.ts'

/** Who a request says it is. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Reads Basic, Bearer (as password), `X-ClickHouse-User`/`-Key`, then `user` and `password` of the URL. */
export function readCredentials(request: IncomingMessage, url: URL): Credentials {
  const [scheme = '', value = ''] = (header(request, 'authorization') ?? '').split(/\s+/, 2)
  if (/^basic$/i.test(scheme)) return splitBasic(Buffer.from(value, 'base64').toString())
  if (/^bearer$/i.test(scheme)) return { user: '', password: value }
  return {
    user: header(request, 'x-clickhouse-user') ?? url.searchParams.get('user') ?? '',
    password: header(request, 'x-clickhouse-key') ?? url.searchParams.get('password') ?? '',
  }
}

function splitBasic(pair: string): Credentials {
  const colon = pair.indexOf(':')
  return colon === -1
    ? { user: pair, password: '' }
    : { user: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

/** Takes the same time wherever the two differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** The error of wrong or missing credentials; says nothing about which part was wrong. */
export function authenticationFailed(hint: string): Error {
  return refuse(
    'AUTHENTICATION_FAILED',
    `Authentication failed: password is incorrect, or there is no such user. ${hint}`,
  )
}
