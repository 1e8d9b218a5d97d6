import type { IncomingMessage } from 'node:http'
import { authenticationFailed, readCredentials, sameSecret } from './auth.ts'
import type { Policy } from './query.ts'

/** Everything is allowed; a GET, as on the server, only reads. */
export const WRITE_POLICY: Policy = {
  limits: { statement: 64 * 1024 ** 2, rows: 2 * 1024 ** 3 },
  admit: async () => {},
  settings: (request) =>
    request.method === 'GET' ? new Map([...request.settings, ['readonly', '2']]) : request.settings,
}

/** Admits one user with one password. */
export function requireUser(username: string, password: string, credentialsFile: string) {
  return (request: IncomingMessage, url: URL): void => {
    const given = readCredentials(request, url)
    if (given.user === username && sameSecret(given.password, password)) return
    throw authenticationFailed(`This is the write port; its credentials are in ${credentialsFile}.`)
  }
}
