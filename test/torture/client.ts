/** A client as exporters are: it sends a batch until it is acknowledged, and remembers what was. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeEvents, encodeSpans } from '@sandglass/collector/testing'
import { attr, event } from '@sandglass/schemas/semconv'

/** Batches by name with the number of their records. */
export type Ledger = Map<string, number>

export interface Client {
  /** Sends no new batch; resolves when the last one is acknowledged or given up. */
  stop(): Promise<void>
}

export interface ClientOptions {
  /** Number of the client, unique. */
  readonly id: number
  readonly signal: 'traces' | 'logs'
  /** Where the collector is now; changes with every restart. */
  readonly url: () => string
  /** Takes every batch that got a 200. */
  readonly acked: Ledger
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
  { id, signal, url, acked, random }: ClientOptions,
  agent: Agent,
  batch: number,
  givenUp: () => boolean,
): Promise<void> {
  const name = `${hex(id + 1, 4)}${hex(batch, 8)}`
  const count = 1 + Math.floor(random() * RECORDS_MAX)
  const body = signal === 'traces' ? spansOf(name, count) : usageOf(name, count)
  while (!givenUp()) {
    const status = await post(`${url()}/v1/${signal}`, agent, body).catch(() => 0)
    if (status === 200) {
      acked.set(name, count)
      // A lost answer is what makes real clients send again; this one does it for no reason.
      if (random() < RESEND_SHARE) await post(`${url()}/v1/${signal}`, agent, body).catch(() => 0)
      return
    }
    await sleep(RETRY_MS)
  }
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** Span ids are the batch's name and the number of the span. */
const spansOf = (name: string, count: number): Buffer =>
  encodeSpans(
    Array.from({ length: count }, (_, i) => ({
      traceId: `${name}${hex(i, 4)}`.padStart(32, '0'),
      spanId: `${name}${hex(i, 4)}`,
      name: 'execute_tool bash',
      startMs: Date.now(),
      attributes: { [attr.taskId]: name, [attr.teamId]: `team-${count % 5}`, [attr.toolName]: 'bash' },
    })),
  )

const INTERVAL_MS = 1_000

/** Each is one second of one sandbox: its sequence is the number of the record. */
const usageOf = (name: string, count: number): Buffer =>
  encodeEvents(
    Array.from({ length: count }, (_, i) => ({
      eventName: event.usageMeasured,
      timeMs: Date.now(),
      attributes: {
        [attr.sandboxId]: name,
        [attr.sandboxGeneration]: '1',
        [attr.usageSequence]: String(i),
        [attr.usageStart]: String(Date.now() - INTERVAL_MS),
        [attr.usageEnd]: String(Date.now()),
        [attr.usageQuality]: 'measured',
        [attr.instanceType]: 'standard-1',
        [attr.cpuTime]: '0.123456789',
        [attr.taskId]: name,
        [attr.teamId]: `team-${count % 5}`,
      },
    })),
  )

function post(url: string, agent: Agent, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
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
