import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface EngineAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** One request to an engine, without workerd between. */
export async function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<EngineAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer>()
  const call = request({ socketPath: socketPath.replace('unix:', ''), method, path }, (response) => {
    text(response)
      .then((answer) =>
        resolve({ status: response.statusCode ?? 0, body: answer === '' ? {} : JSON.parse(answer) }),
      )
      .catch(reject)
  })
  call.on('error', reject).end(body === undefined ? '' : JSON.stringify(body))
  return promise
}
