/**
 * Stands between the collector and ClickHouse and does what networks and servers do: answers late, not at all, or with an
 * error after the insert was done.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Target {
  readonly url: string
  readonly username: string
  readonly password: string
}

/**
 * `down`: connections are cut. `slow`: answers wait. `error_after`: the request is carried out and an error is answered.
 * `cut_after`: it is carried out and the connection is cut instead of an answer. `mute_after`: it is carried out, and no
 * answer ever comes. `cut_inside`: the connection is cut while the body is on its way.
 */
export type ProxyFault = 'none' | 'down' | 'slow' | 'error_after' | 'cut_after' | 'mute_after' | 'cut_inside'

export interface FaultProxy {
  readonly url: string
  fault: ProxyFault
  /** The server behind; another one after a restart. */
  target: Target
  close(): Promise<void>
}

const SLOW_MS = 1_500

/** Adds the target's credentials, so that callers need not know of its restarts. */
export async function startFaultProxy(target: Target): Promise<FaultProxy> {
  const server = createServer((incoming, answer) => {
    void pass(proxy, incoming, answer).catch(() => answer.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    fault: 'none',
    target,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}

async function pass(proxy: FaultProxy, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { fault, target } = proxy
  if (fault === 'down') {
    incoming.socket.destroy()
    return
  }
  if (fault === 'slow') await sleep(SLOW_MS)
  const { status, body } = await forward(target, incoming, fault === 'cut_inside')
  if (fault === 'cut_after') incoming.socket.destroy()
  else if (fault === 'mute_after') return
  else if (fault === 'error_after')
    answer.writeHead(500).end('Code: 210. DB::Exception: injected. (NETWORK_ERROR)')
  else answer.writeHead(status.code, status.headers).end(body)
}

interface Answer {
  readonly status: { readonly code: number; readonly headers: Record<string, string | string[]> }
  readonly body: Buffer
}

function forward(target: Target, incoming: IncomingMessage, cutInside: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { username, password } = target
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const headers = { ...incoming.headers, authorization }
    const outgoing = request(new URL(incoming.url ?? '/', target.url), { method: incoming.method, headers })
    outgoing.on('error', reject)
    incoming.on('error', reject)
    // A caller that died must not leave a half request behind that waits for its end.
    incoming.once('close', () => {
      if (!incoming.complete) outgoing.destroy(new Error('the caller is gone'))
    })
    if (incoming.destroyed) outgoing.destroy(new Error('the caller is gone'))
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { 'transfer-encoding': _, connection: __, ...rest } = response.headers
        const status = { code: response.statusCode ?? 500, headers: rest as Record<string, string> }
        resolve({ status, body: Buffer.concat(chunks) })
      })
    })
    if (cutInside) incoming.once('data', () => outgoing.destroy(new Error('cut')))
    incoming.pipe(outgoing)
  })
}
