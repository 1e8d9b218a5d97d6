/**
 * One keep-alive HTTP/1.1 connection with one request on it at a time, as lean as a load generator must be on a machine that it
 * shares with what it measures.
 */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

export interface Connection {
  /** Sends a whole request. Rejects when the connection breaks; then it is of no more use. */
  send(head: string, body: Buffer): Promise<Answer>
  close(): void
}

export async function openConnection(url: URL): Promise<Connection> {
  const socket = connect(Number(url.port), url.hostname)
  socket.setNoDelay(true)
  await once(socket, 'connect')
  return createConnection(socket)
}

function createConnection(socket: Socket): Connection {
  let received: Buffer = Buffer.alloc(0)
  let settle: ((outcome: Answer | Error) => void) | undefined
  const end = (outcome: Answer | Error): void => {
    const settled = settle
    settle = undefined
    received = Buffer.alloc(0)
    settled?.(outcome)
  }
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answer = parseAnswer(received)
    if (answer !== undefined) end(answer)
  })
  socket.on('error', end)
  socket.on('close', () => end(new Error('the collector closed the connection')))
  return {
    send: (head, body) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the collector closed the connection'))
        settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome))
        socket.cork()
        socket.write(head, 'latin1')
        socket.write(body)
        socket.uncork()
      }),
    close: () => void socket.destroy(),
  }
}

const HEAD_END = '\r\n\r\n'

/** Undefined until the answer is whole. Throws on one whose length is not declared. */
function parseAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`)
  const start = headEnd + HEAD_END.length
  const body = received.subarray(start, start + Number(length))
  if (body.length < Number(length)) return undefined
  return { status: Number(head.slice(head.indexOf(' ') + 1).slice(0, 3)), body }
}
