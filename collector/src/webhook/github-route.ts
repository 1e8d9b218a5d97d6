/** POST /webhooks/github: signed deliveries of the code host become events of the tenant whose secret signed them. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { ZodError } from 'zod'
import { createMemoryShare, type MemoryBudget } from '../receive/memory-budget.ts'
import { readBody } from '../receive/read-body.ts'
import { Refusal } from '../receive/refusal.ts'
import { toRefusal } from '../receive/to-refusal.ts'
import { answer, type Route } from '../receive/router.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { encodeEventBody } from './event-body.ts'
import { changesOf, type ChangeEvent } from './github-changes.ts'
import { attr } from '@sandglass/schemas/semconv'

export interface GithubRouteOptions {
  readonly webhooks: CollectorConfig['githubWebhooks']
  readonly telemetry: Telemetry
  readonly memory: MemoryBudget
  /** Stores the events of a body under a tenant; resolves once they are durable. */
  readonly store: (tenantId: string, body: Buffer) => Promise<unknown>
}

/** Size of a delivery; GitHub sends none above, bytes. */
const DELIVERY_BYTES_MAX = 25 * 1024 * 1024

const JSON_TYPE = 'application/json'

export function createGithubRoute(options: GithubRouteOptions): Route {
  return async (request, response) => {
    const memory = createMemoryShare(options.memory)
    try {
      const changes = await receive(request, options, await readDelivery(request, memory))
      answer(response, 200, JSON_TYPE, JSON.stringify({ events: changes }))
    } catch (error) {
      refuse(response, toRefusal(error), options.telemetry)
    } finally {
      memory.giveBack()
    }
  }
}

async function readDelivery(
  request: IncomingMessage,
  memory: ReturnType<typeof createMemoryShare>,
): Promise<Buffer> {
  if (request.method !== 'POST') throw new Refusal('bad_method', `${request.method ?? ''}: send POST`)
  return readBody(request, DELIVERY_BYTES_MAX, memory)
}

/** Returns the number of events that the delivery made. */
async function receive(
  request: IncomingMessage,
  { webhooks, telemetry, store }: GithubRouteOptions,
  delivery: Buffer,
): Promise<number> {
  const signature = String(request.headers['x-hub-signature-256'] ?? '')
  const webhook = webhooks.find(({ secret }) => isSigned(delivery, secret, signature))
  if (webhook === undefined)
    throw new Refusal('unauthenticated', 'the signature matches no configured secret')
  const changes = parseChanges(String(request.headers['x-github-event'] ?? ''), delivery)
  if (changes.length > 0) await store(webhook.tenantId, encodeEventBody(changes))
  for (const { eventName, attributes } of changes) {
    telemetry.emit('changeReceived', {
      tenant: webhook.tenantId,
      repository: attributes[attr.repositoryUrl] ?? '',
      change: attributes[attr.changeId] ?? '',
      event: eventName,
    })
  }
  return changes.length
}

function isSigned(delivery: Buffer, secret: string, signature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(delivery).digest('hex')}`)
  const presented = Buffer.from(signature)
  return presented.length === expected.length && timingSafeEqual(presented, expected)
}

function parseChanges(name: string, delivery: Buffer): readonly ChangeEvent[] {
  try {
    return changesOf(name, JSON.parse(delivery.toString('utf8')))
  } catch (error) {
    if (!(error instanceof ZodError || error instanceof SyntaxError)) throw error
    throw new Refusal('malformed', `no ${name} delivery: send JSON as GitHub does`)
  }
}

function refuse(response: ServerResponse, refusal: Refusal, telemetry: Telemetry): void {
  telemetry.emit('refused', { reason: refusal.reason })
  const body = JSON.stringify({ code: refusal.fact.rpcCode, message: refusal.message })
  const retry = refusal.retryAfterSeconds
  const headers: Record<string, string> = retry === undefined ? {} : { 'retry-after': String(retry) }
  answer(response, refusal.fact.status, JSON_TYPE, body, headers)
}
