import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import type { Guard } from '../guard/guard.ts'
import { readSettings } from '../guard/settings.ts'
import { bare } from '../sql/rewrite.ts'
import { authenticationFailed, readCredentials, sameSecret } from './auth.ts'
import type { Policy } from './query.ts'
import { header } from './header.ts'

/** The engine's own limit for a statement's text. */
const STATEMENT_BYTES_MAX = 256 * 1024

/** Only what the guard admits, with settings that cannot loosen it. */
export function readPolicy(guard: Guard): Policy {
  return {
    limits: { statement: STATEMENT_BYTES_MAX, rows: 0 },
    admit: async (statement, { database, parameters }) => {
      if (database.toLowerCase() === 'system')
        throw refuse('ACCESS_DENIED', 'system cannot be the current database here.')
      await guard.admit(bare(statement), parameters)
    },
    settings: (request) => readSettings(request.settings),
  }
}

/** Admits whoever knows the token, under any user name. */
export function requireToken(token: string) {
  return (request: IncomingMessage, url: URL): void => {
    if (sameSecret(readCredentials(request, url).password, token)) return
    throw authenticationFailed('This is the read port; give its token as the password.')
  }
}

const LOOPBACK_NAME = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i

/**
 * Without a token only this machine may read, and not a web page open on it either: a page can reach loopback
 * through a name of its own (DNS rebinding), but cannot hide that name or its origin.
 */
export function requireLoopback(request: IncomingMessage): void {
  const host = header(request, 'host') ?? ''
  const origin = header(request, 'origin')
  if (LOOPBACK_NAME.test(host) && (origin === undefined || isLoopbackOrigin(origin))) return
  throw refuse(
    'ACCESS_DENIED',
    `The read port has no token and therefore answers only to localhost, not '${origin ?? host}'.`,
  )
}

function isLoopbackOrigin(origin: string): boolean {
  return LOOPBACK_NAME.test(origin.replace(/^https?:\/\//, ''))
}
