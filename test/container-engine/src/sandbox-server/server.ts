import { createServer } from 'node:http'
import type { Server } from 'node:http'

import { COMMAND_ROUTES } from './command/command-routes.ts'
import { PORT_ROUTES } from './command/port-routes.ts'
import { BACKUP_ROUTES } from './files/backup-routes.ts'
import { FILE_ROUTES } from './files/file-routes.ts'
import { GIT_ROUTES } from './files/git-routes.ts'
import { WATCH_ROUTES } from './files/watch-routes.ts'
import { INTERPRETER_ROUTES } from './interpreter/interpreter-routes.ts'
import { answer } from './protocol/route.ts'
import type { Route } from './protocol/route.ts'
import { attachTerminal } from './terminal/attach-terminal.ts'
import type { Workbench } from './workbench.ts'

/** The version of the package whose protocol this is. */
const VERSION = '0.12.10'

const SERVER_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', answer: () => ({ message: 'sandbox server' }) },
  { method: 'GET', path: '/api/ping', answer: () => ({ status: 'healthy', message: 'pong' }) },
  { method: 'GET', path: '/api/health', answer: () => ({ status: 'healthy' }) },
  { method: 'GET', path: '/api/version', answer: () => ({ version: VERSION }) },
  { method: 'GET', path: '/api/commands', answer: () => ({ availableCommands: [], count: 0 }) },
]

export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...COMMAND_ROUTES,
  ...PORT_ROUTES,
  ...FILE_ROUTES,
  ...WATCH_ROUTES,
  ...GIT_ROUTES,
  ...BACKUP_ROUTES,
  ...INTERPRETER_ROUTES,
]

/** The server that the client of `@cloudflare/sandbox` 0.12 speaks to, on its `http` transport. */
export function createSandboxServer(bench: Workbench): Server {
  const server = createServer((request, response) => void answer(ROUTES, bench, request, response))
  server.on('upgrade', (request, socket, head) => {
    attachTerminal(bench, request, socket, head).catch(() => socket.destroy())
  })
  return server
}
