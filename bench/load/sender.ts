/** Sends one body until it is acknowledged and keeps the count of a run. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Body, LoadShape } from './bodies.ts'
import { openConnection, type Connection } from './connection.ts'
import { rejectedSpans } from './rejected.ts'

export interface Count {
  requests: number
  ackedSpans: number
  bytes: number
  /** Answers that asked to come again: 429 and 503. */
  refused: number
  readonly timesMs: number[]
}

export const newCount = (): Count => ({ requests: 0, ackedSpans: 0, bytes: 0, refused: 0, timesMs: [] })

export interface Sender {
  /** Resolves with the acknowledgement, whose time counts from `sinceMs`. Throws on an answer that a retry does not help. */
  send(body: Body, sinceMs: number): Promise<void>
  close(): void
}

/** When a refused request comes again, ms. */
const RETRY_MS = 50

export async function openSender(url: URL, shape: LoadShape, count: Count): Promise<Sender> {
  const connection = await openConnection(url)
  return {
    async send(body, sinceMs) {
      const answer = await sendUntilTaken(connection, headOf(url, shape, body.bytes.length), body, count)
      count.timesMs.push(performance.now() - sinceMs)
      count.requests += 1
      count.bytes += body.bytes.length
      count.ackedSpans += shape.spansPerRequest - rejectedSpans(shape.encoding, answer)
    },
    close: () => connection.close(),
  }
}

async function sendUntilTaken(
  connection: Connection,
  head: string,
  { bytes }: Body,
  count: Count,
): Promise<Buffer> {
  for (;;) {
    const { status, body } = await connection.send(head, bytes)
    if (status === 200) return body
    if (status !== 429 && status !== 503)
      throw new Error(`the collector answered ${status}: ${body.toString()}`)
    count.refused += 1
    await sleep(RETRY_MS)
  }
}

function headOf({ host }: URL, { encoding }: LoadShape, bytes: number): string {
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf'
  const gzip = encoding === 'gzip' ? 'Content-Encoding: gzip\r\n' : ''
  return `POST /v1/traces HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\n${gzip}Content-Length: ${bytes}\r\n\r\n`
}
