/** The provider's API over loopback, in the shapes it documents: usage by GraphQL, applications and instances by REST. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'

export interface BilledGroup {
  readonly instanceId: string
  readonly team?: string
  readonly startMs: number
  readonly cpuS: number
  readonly memoryGibS?: number
  readonly diskGbS?: number
}

export interface FakeProvider {
  readonly url: string
  /** What it bills and which instances are active; changed as a test goes on. */
  billed: readonly BilledGroup[]
  active: readonly string[]
  /** Status of the next answers, before it answers well. */
  failures: number[]
  stop(): Promise<void>
}

const TOKEN = 'cf-token'

export async function startProvider(): Promise<FakeProvider> {
  const server = createServer((request, response) => void answer(provider, request, response))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const provider: FakeProvider = {
    url: `http://127.0.0.1:${port}/client/v4`,
    billed: [],
    active: [],
    failures: [],
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => {
        server.close(done)
      })
    },
  }
  return provider
}

export const providerEnvironment = { CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: 'acc_1' } as const

async function answer(
  provider: FakeProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const status = provider.failures.shift()
  const send = (code: number, body: unknown): void => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (status !== undefined) return send(status, { success: false, errors: [{ message: 'not now' }] })
  if (request.headers.authorization !== `Bearer ${TOKEN}`)
    return send(401, { success: false, errors: [{ message: 'unauthorized' }] })
  const path = request.url ?? ''
  if (path.includes('/graphql')) return send(200, usageAnswer(provider, await json(request)))
  const page = (result: readonly unknown[]) => ({
    success: true,
    errors: [],
    messages: [],
    result,
    result_info: {},
  })
  if (path.includes('/instances-v2'))
    return send(
      200,
      page(provider.active.map((id) => ({ id, status: { state: 'running', updated_at: '' } }))),
    )
  send(200, page([{ id: 'app_1' }]))
}

interface UsageQuestion {
  readonly variables: {
    readonly filter: {
      readonly datetime_geq: string
      readonly datetime_lt: string
      readonly instanceId?: string
    }
  }
}

function usageAnswer({ billed }: FakeProvider, question: unknown): unknown {
  const { filter } = (question as UsageQuestion).variables
  const [from, to] = [Date.parse(filter.datetime_geq), Date.parse(filter.datetime_lt)]
  const groups = billed
    .filter(({ startMs }) => startMs >= from && startMs < to)
    .filter(({ instanceId }) => filter.instanceId === undefined || filter.instanceId === instanceId)
    .map(({ instanceId, team, startMs, cpuS, memoryGibS = 0, diskGbS = 0 }) => ({
      dimensions: {
        instanceId,
        applicationId: 'app_1',
        region: 'weur',
        date: new Date(startMs).toISOString().slice(0, 10),
        label: team ?? null,
      },
      sum: {
        cpuTimeSec: cpuS,
        allocatedMemory: memoryGibS * 1024 ** 3,
        allocatedDisk: diskGbS * 1e9,
        txBytes: 0,
      },
    }))
  return { data: { viewer: { accounts: [{ containersUsageAdaptiveGroups: groups }] } }, errors: null }
}
