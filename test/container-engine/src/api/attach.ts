import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Registry } from '../container/registry.ts'

const START_PATH = /^(?:\/v1\.\d+)?\/exec\/([0-9a-f]+)\/start$/
const UPGRADED =
  'HTTP/1.1 101 UPGRADED\r\n' +
  'Content-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

function refuse(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify({ message })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** The request's body came after its headers, and its options change nothing: what follows it is standard input. */
async function skipBody(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const length = Number(request.headers['content-length'] ?? 0)
  let rest = head
  while (rest.length < length) {
    const chunk: unknown = socket.read() ?? (await readable(socket))
    if (chunk === END) return
    if (Buffer.isBuffer(chunk)) rest = Buffer.concat([rest, chunk])
  }
  if (rest.length > length) socket.unshift(rest.subarray(length))
}

const END = Symbol('the other side has ended')

function readable(socket: Duplex): Promise<typeof END | undefined> {
  const { promise, resolve } = Promise.withResolvers<typeof END | undefined>()
  const more = (): void => settle(undefined)
  const end = (): void => settle(END)
  const settle = (value: typeof END | undefined): void => {
    socket.off('readable', more).off('end', end).off('close', end)
    resolve(value)
  }
  socket.on('readable', more).on('end', end).on('close', end)
  return promise
}

/** `POST /exec/{id}/start` with an upgrade: runs the command, then speaks its streams over the connection. */
export async function attach(
  registry: Registry,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const found = registry.findExec(START_PATH.exec(request.url ?? '')?.[1] ?? '')
  if (found === undefined)
    return refuse(socket, '404 Not Found', `No such exec instance: ${request.url ?? ''}`)
  await skipBody(request, socket, head)
  try {
    const pump = await found.container.startExec(found.exec)
    socket.write(UPGRADED)
    await pump(socket)
  } catch (error) {
    refuse(socket, '409 Conflict', error instanceof Error ? error.message : String(error))
  }
}
