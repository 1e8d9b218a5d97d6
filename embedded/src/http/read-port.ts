import type { IncomingMessage } from 'node:http'
import { refuse } from '../errors/clickhouse-error.ts'
import type { Audience, Guard } from '../guard/guard.ts'
import { readSettings, TENANT_CAPS } from '../guard/settings.ts'
import type { TenantFilters } from '../guard/tenants.ts'
import { bare } from '../sql/rewrite.ts'
import { authenticationFailed, readCredentials, sameSecret } from './auth.ts'
import type { Policy } from './query.ts'
import { header } from './header.ts'

/** The engine's own limit for a statement's text. */
const STATEMENT_BYTES_MAX = 256 * 1024

/** Only what the guard admits, with settings that cannot loosen it. */
export function operatorPolicy(guard: Guard): Policy {
  return {
    ...admittedBy(guard, 'operator'),
    settings: async (request) => readSettings(request.settings),
  }
}

/** The same, held to the rows of some tenants and to tighter limits. What holds it is set last and cannot be asked for. */
export function tenantPolicy(guard: Guard, filters: TenantFilters, tenants: readonly string[]): Policy {
  return {
    ...admittedBy(guard, 'tenant'),
    settings: async (request) =>
      new Map([
        ...readSettings(request.settings, TENANT_CAPS),
        ['additional_table_filters', await filters(tenants)],
      ]),
  }
}

const admittedBy = (guard: Guard, audience: Audience): Pick<Policy, 'limits' | 'admit'> => ({
  limits: { statement: STATEMENT_BYTES_MAX, rows: 0 },
  admit: async (statement, { database, parameters }) => {
    if (['system', 'information_schema'].includes(database.toLowerCase()))
      throw refuse('ACCESS_DENIED', `${database} cannot be the current database here.`)
    await guard.admit(bare(statement), parameters, audience)
  },
})

/** What each token opens; the password of a request is its token, under any user name. */
export function authorizeTokens(policies: ReadonlyMap<string, Policy>) {
  return (request: IncomingMessage, url: URL): Policy => {
    const { password } = readCredentials(request, url)
    const [, policy] = [...policies].find(([token]) => sameSecret(password, token)) ?? []
    if (policy !== undefined) return policy
    throw authenticationFailed('This is the read port; give its token as the password.')
  }
}

/** Anyone on this machine. */
export function authorizeLoopback(policy: Policy) {
  return (request: IncomingMessage): Policy => {
    requireLoopback(request)
    return policy
  }
}

const LOOPBACK_NAME = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i

/**
 * Without a token only this machine may read, and not a web page open on it either: a page can reach loopback
 * through a name of its own (DNS rebinding), but cannot hide that name or its origin.
 */
function requireLoopback(request: IncomingMessage): void {
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
