import type { IncomingMessage } from 'node:http'
import { authenticationFailed, readCredentials, sameSecret } from './auth.ts'
import type { Policy } from './query.ts'

/** Everything is allowed; a GET, as on the server, only reads. */
export const WRITE_POLICY: Policy = {
  limits: { statement: 64 * 1024 ** 2, rows: 2 * 1024 ** 3 },
  admit: async () => {},
  settings: async (request) =>
    request.method === 'GET' ? new Map([...request.settings, ['readonly', '2']]) : request.settings,
}

/** One user with one password may do everything. */
export function requireUser(username: string, password: string, credentialsFile: string) {
  return (request: IncomingMessage, url: URL): Policy => {
    const given = readCredentials(request, url)
    if (given.user === username && sameSecret(given.password, password)) return WRITE_POLICY
    throw authenticationFailed(`This is the write port; its credentials are in ${credentialsFile}.`)
  }
}
