/** A client as exporters are: it sends a batch until it is acknowledged, and remembers what was. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodies, hex, type Signal } from './bodies.ts'

/** Batches by name with the number of their records. */
export type Ledger = Map<string, number>

export type Ledgers = Readonly<Record<Signal, Ledger>>

export interface Client {
  /** Sends no new batch; resolves when the last one is acknowledged or given up. */
  stop(): Promise<void>
}

export interface ClientOptions {
  /** Number of the client, unique; what it sends follows from it. */
  readonly id: number
  /** Where the collector is now; changes with every restart. */
  readonly url: () => string
  /** Take every batch that got a 200. */
  readonly ledgers: Ledgers
  readonly random: () => number
}

const RECORDS_MAX = 150
const PAUSE_MS_MAX = 40
const RETRY_MS = 60
/** After stop, a batch that is still not acknowledged is given up: it may or may not be stored. */
const STOP_MS_MAX = 20_000
const RESEND_SHARE = 0.05

export function startClient(options: ClientOptions): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const stopping = new AbortController()
  let giveUpAtMs = Infinity
  const run = async (): Promise<void> => {
    for (let batch = 0; !stopping.signal.aborted; batch += 1) {
      await sendUntilAcked(options, agent, batch, () => performance.now() > giveUpAtMs)
      await sleep(options.random() * PAUSE_MS_MAX)
    }
  }
  const running = run().finally(() => agent.destroy())
  return {
    async stop() {
      giveUpAtMs = performance.now() + STOP_MS_MAX
      stopping.abort()
      await running
    },
  }
}

async function sendUntilAcked(
  { id, url, ledgers, random }: ClientOptions,
  agent: Agent,
  batch: number,
  givenUp: () => boolean,
): Promise<void> {
  const name = `${hex(id + 1, 4)}${hex(batch, 8)}`
  const count = 1 + Math.floor(random() * RECORDS_MAX)
  const kind = bodies[id % bodies.length]
  if (kind === undefined) return
  const { signal, contentType } = kind
  const body = kind.write({ name, count })
  const send = (): Promise<number> => post(`${url()}/v1/${signal}`, agent, contentType, body).catch(() => 0)
  while (!givenUp()) {
    if ((await send()) === 200) {
      ledgers[signal].set(name, count)
      // A lost answer is what makes real clients send again; this one does it for no reason.
      if (random() < RESEND_SHARE) await send()
      return
    }
    await sleep(RETRY_MS)
  }
}

function post(url: string, agent: Agent, contentType: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length }
    const outgoing = request(url, { method: 'POST', agent, headers, timeout: 10_000 }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
