import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

import type { Registry } from '../container/registry.ts'
import { refusal, send } from './answer.ts'
import { attach } from './attach.ts'
import { CONTAINER_ROUTES } from './container-routes.ts'
import { EXEC_ROUTES } from './exec-routes.ts'
import { RESOURCE_ROUTES } from './resource-routes.ts'
import { answerCall } from './route.ts'

const ROUTES = [...CONTAINER_ROUTES, ...EXEC_ROUTES, ...RESOURCE_ROUTES]

export type Log = (line: string) => void

/** The part of the Docker Engine API that workerd uses. */
export function createApiServer(registry: Registry, log: Log): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answered = await answerCall(ROUTES, registry, request).catch((error: unknown) =>
      refusal(500, error instanceof Error ? error.message : String(error)),
    )
    log(`${request.method ?? ''} ${request.url ?? ''} ${answered.status}`)
    await send(response, answered)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  server.on('upgrade', (request, socket, head) => void attach(registry, request, socket, head))
  return server
}
