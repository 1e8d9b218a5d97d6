import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a route answers with; `stream` writes the body itself. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly stream?: (response: ServerResponse) => Promise<void>
}

export const NO_CONTENT: Answer = { status: 204 }

/** Docker's error body. */
export function refusal(status: 400 | 404 | 409 | 500 | 501, message: string): Answer {
  return { status, body: { message } }
}

/** Bodies of the Engine API are small; only archives are streamed. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await text(request)
  return body === '' ? {} : JSON.parse(body)
}

export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  if (answer.stream !== undefined) {
    response.writeHead(answer.status, { 'content-type': 'application/x-tar' })
    await answer.stream(response)
    return
  }
  if (answer.body === undefined) {
    response.writeHead(answer.status).end()
    return
  }
  const body = Buffer.from(JSON.stringify(answer.body))
  response
    .writeHead(answer.status, { 'content-type': 'application/json', 'content-length': body.length })
    .end(body)
}
