/** A run of load: closed (a number of clients that send as soon as they are answered) or open (arrivals at a rate). */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bodies, LoadShape } from './bodies.ts'
import { summarise, type Latencies } from './latencies.ts'
import { newCount, openSender, type Count, type Sender } from './sender.ts'

export type Arrivals =
  | { readonly kind: 'closed'; readonly clients: number }
  | { readonly kind: 'open'; readonly spansPerSecond: number }

export interface RunOptions {
  readonly url: string
  readonly shape: LoadShape
  readonly arrivals: Arrivals
  readonly seconds: number
}

export interface RunFigures {
  readonly ackedSpans: number
  readonly requests: number
  readonly refused: number
  readonly bytes: number
  /** From the first request to the last acknowledgement. */
  readonly seconds: number
  readonly latencies: Latencies
  /** CPU time of the load generator itself. */
  readonly loadCpuSeconds: number
}

export async function runLoad(options: RunOptions, bodies: Bodies): Promise<RunFigures> {
  const count = newCount()
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const run = { options, bodies, count, endMs: startedMs + options.seconds * 1000 }
  await (options.arrivals.kind === 'closed'
    ? runClosed(run, options.arrivals.clients)
    : runOpen(run, options.arrivals.spansPerSecond))
  const { user, system } = process.cpuUsage(cpuBefore)
  const { ackedSpans, requests, refused, bytes, timesMs } = count
  return {
    ackedSpans,
    requests,
    refused,
    bytes,
    seconds: (performance.now() - startedMs) / 1000,
    latencies: summarise(timesMs),
    loadCpuSeconds: (user + system) / 1e6,
  }
}

interface Run {
  readonly options: RunOptions
  readonly bodies: Bodies
  readonly count: Count
  readonly endMs: number
}

async function runClosed(run: Run, clients: number): Promise<void> {
  await Promise.all(Array.from({ length: clients }, () => runClient(run)))
}

async function runClient({ options, bodies, count, endMs }: Run): Promise<void> {
  const sender = await openSender(new URL(options.url), options.shape, count)
  for (let nowMs = performance.now(); nowMs < endMs; nowMs = performance.now()) {
    const body = bodies.take()
    if (body === undefined) break
    await sender.send(body, nowMs)
    bodies.giveBack(body)
  }
  sender.close()
}

/** Requests under way at once, beyond which arrivals wait; their waiting counts as time of acknowledgement. */
const UNDER_WAY_MAX = 128

/** How often due arrivals are looked for, ms. */
const TICK_MS = 1

/** Arrivals are independent of each other and of the answers: exponential gaps, and an answer that is late delays none. */
async function runOpen(run: Run, spansPerSecond: number): Promise<void> {
  const gapMs = (1000 * run.options.shape.spansPerRequest) / spansPerSecond
  const idle: Sender[] = []
  const underWay = new Set<Promise<void>>()
  for (let dueMs = performance.now(); dueMs < run.endMs; dueMs += -Math.log(1 - Math.random()) * gapMs) {
    while (performance.now() < dueMs) await sleep(TICK_MS)
    if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay)
    const sending = sendOne(run, idle, dueMs).finally(() => underWay.delete(sending))
    underWay.add(sending)
  }
  await Promise.all(underWay)
  for (const sender of idle) sender.close()
}

async function sendOne({ options, bodies, count }: Run, idle: Sender[], dueMs: number): Promise<void> {
  const body = bodies.take()
  if (body === undefined) throw new Error('more requests are under way than there are bodies')
  const sender = idle.pop() ?? (await openSender(new URL(options.url), options.shape, count))
  await sender.send(body, dueMs)
  bodies.giveBack(body)
  idle.push(sender)
}
