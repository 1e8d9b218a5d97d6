import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchProviderUsage, type ProviderUsage } from './provider.ts'
import { fetchActiveInstances } from './provider-instances.ts'
import { ProviderError } from './provider-http.ts'
import { reconcile, type MeteredUsage } from './reconcile.ts'
import { parseUsd, tenTo } from '../money.ts'
import { openPriceBook } from '../price-book.ts'

const day = '2026-11-20'
const book = openPriceBook()
const seconds = (count: number): bigint => BigInt(count) * tenTo(12)

const provided = (changes: Partial<ProviderUsage>): ProviderUsage => ({
  instanceId: 'inst_1',
  applicationId: 'app_1',
  region: 'weur',
  teamId: 'payments',
  day,
  cpuTimeSec: 0,
  allocatedMemory: 0,
  allocatedDisk: 0,
  txBytes: 0,
  ...changes,
})

const metered = (changes: Partial<MeteredUsage>): MeteredUsage => ({
  teamId: 'payments',
  day,
  sku: 'container.cpu',
  quantity: 0n,
  ...changes,
})

const known = new Map([['inst_1', 'payments']])

describe('reconciliation', () => {
  it('shows what the meter missed per team, day and SKU, and what it is worth', () => {
    const { drift } = reconcile(
      [metered({ quantity: seconds(90) })],
      [provided({ cpuTimeSec: 100 })],
      known,
      book,
    )
    const cpu = drift.find(({ sku }) => sku === 'container.cpu')
    expect(cpu).toEqual({
      teamId: 'payments',
      day,
      sku: 'container.cpu',
      metered: seconds(90),
      provider: seconds(100),
      difference: seconds(10),
      costNanoUsd: parseUsd('0.0002'),
    })
  })

  it('has no drift where both say the same in their own units', () => {
    const ours = [
      metered({ sku: 'container.memory', quantity: seconds(8) }),
      metered({ sku: 'container.disk', quantity: seconds(3) }),
      metered({ sku: 'container.egress.na_eu', quantity: seconds(1) }),
      metered({ sku: 'container.egress.other', quantity: seconds(1) }),
      metered({ sku: 'durable_object.duration', quantity: seconds(5) }),
    ]
    const theirs = [provided({ allocatedMemory: 8 * 1024 ** 3, allocatedDisk: 3e9, txBytes: 2e9 })]
    const { drift } = reconcile(ours, theirs, known, book)
    expect(drift.map(({ sku, difference }) => [sku, difference])).toEqual([
      ['container.cpu', 0n],
      ['container.disk', 0n],
      ['container.egress', 0n],
      ['container.memory', 0n],
    ])
  })

  it('names instances that no sandbox ran on, and dollars that no team owns', () => {
    const theirs = [
      provided({ cpuTimeSec: 10 }),
      provided({ instanceId: 'stray', teamId: '', cpuTimeSec: 1000 }),
      provided({ instanceId: 'stray', teamId: '', cpuTimeSec: 500 }),
    ]
    const { unseen, unattributedNanoUsd } = reconcile([], theirs, known, book)
    expect(unseen).toEqual([
      { instanceId: 'stray', applicationId: 'app_1', teamId: '', costNanoUsd: parseUsd('0.03') },
    ])
    expect(unattributedNanoUsd).toBe(parseUsd('0.03'))
  })

  it('believes its own books where the provider has no label', () => {
    const { drift, unattributedNanoUsd } = reconcile(
      [],
      [provided({ teamId: '', cpuTimeSec: 10 })],
      known,
      book,
    )
    expect(drift.find(({ sku }) => sku === 'container.cpu')).toMatchObject({ teamId: 'payments' })
    expect(unattributedNanoUsd).toBe(0n)
  })

  it('shows what we charged and the provider did not as negative', () => {
    const { drift } = reconcile([metered({ quantity: seconds(5) })], [], known, book)
    expect(drift).toMatchObject([{ difference: -seconds(5), costNanoUsd: -parseUsd('0.0001') }])
  })
})

describe('the API of the provider', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.close()
    server?.closeAllConnections()
  })

  interface Asked {
    readonly authorization: string | undefined
    readonly path: string
    readonly body: string
  }
  interface Reply {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly json: unknown
  }

  /** A local API that answers by rule and remembers what it was asked. */
  async function serve(answer: (asked: Asked, count: number) => Reply) {
    const asked: Asked[] = []
    const waited: number[] = []
    const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { authorization } = request.headers
      asked.push({ authorization, path: request.url ?? '', body: await text(request) })
      const last = asked.at(-1)
      if (last === undefined) return
      const { status = 200, headers = {}, json } = answer(last, asked.length)
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof json === 'string' ? json : JSON.stringify(json))
    }
    server = createServer((request, response) => void reply(request, response))
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const access = {
      apiUrl: `http://127.0.0.1:${address.port}`,
      accountId: 'acc_1',
      apiToken: 'token',
      fetch,
      wait: async (ms: number) => {
        waited.push(ms)
      },
    }
    return { asked, waited, access }
  }

  const window = { fromMs: Date.parse(day), toMs: Date.parse('2026-11-21') }
  const group = (instanceId = 'inst_1', region = 'weur') => ({
    dimensions: { instanceId, applicationId: 'app_1', region, date: day, label: 'payments' },
    sum: { cpuTimeSec: 12.5, allocatedMemory: 1024, allocatedDisk: 2048, txBytes: 5 },
  })
  const answerOf = (groups: readonly unknown[]) => ({
    data: { viewer: { accounts: [{ containersUsageAdaptiveGroups: groups }] } },
    errors: null,
  })

  it('is asked for usage by account and day, with the token', async () => {
    const { asked, access } = await serve(() => ({ json: answerOf([group()]) }))
    const usage = await fetchProviderUsage(access, { ...window, toMs: Date.parse('2026-11-21T06:00:00Z') })
    expect(usage[0]).toEqual(
      provided({ cpuTimeSec: 12.5, allocatedMemory: 1024, allocatedDisk: 2048, txBytes: 5 }),
    )
    expect(asked.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/graphql', 'Bearer token'],
      ['/graphql', 'Bearer token'],
    ])
    const filters = asked.map(
      ({ body }) => (JSON.parse(body) as { variables: { filter: unknown } }).variables.filter,
    )
    expect(filters).toEqual([
      { datetime_geq: '2026-11-20T00:00:00.000Z', datetime_lt: '2026-11-21T00:00:00.000Z' },
      { datetime_geq: '2026-11-21T00:00:00.000Z', datetime_lt: '2026-11-21T06:00:00.000Z' },
    ])
  })

  it('is read page by page, an instance that was cut from its beginning', async () => {
    const all = Array.from({ length: 12_001 }, (_, n) =>
      group(`i_${String(Math.floor(n / 2)).padStart(5, '0')}`, `r_${n % 2}`),
    )
    const { asked, access } = await serve(({ body }) => {
      const { filter } = (JSON.parse(body) as { variables: { filter: { instanceId_geq?: string } } })
        .variables
      const from = filter.instanceId_geq ?? ''
      const rest = all.filter(({ dimensions }) => dimensions.instanceId >= from)
      return { json: answerOf(rest.slice(0, 10_000)) }
    })
    const usage = await fetchProviderUsage(access, window)
    expect(usage.map(({ instanceId, region }) => `${instanceId} ${region}`)).toEqual(
      all.map(({ dimensions }) => `${dimensions.instanceId} ${dimensions.region}`),
    )
    expect(asked).toHaveLength(2)
  })

  it('is asked again after 429 and 5xx, as late as it asks, and not for ever', async () => {
    const { asked, waited, access } = await serve((_, count) =>
      count === 1
        ? { status: 429, headers: { 'retry-after': '7' }, json: {} }
        : count === 2
          ? { status: 503, json: {} }
          : { json: answerOf([group()]) },
    )
    expect(await fetchProviderUsage(access, window)).toHaveLength(1)
    expect([asked.length, waited]).toEqual([3, [7000, 1000]])
    server?.close()
    const broken = await serve(() => ({ status: 500, json: 'oops' }))
    await expect(fetchProviderUsage(broken.access, window)).rejects.toThrow(/answered 500: oops/)
    expect(broken.asked).toHaveLength(5)
  })

  it('lists active instances of every application, page by page', async () => {
    const { asked, access } = await serve(({ path }) => {
      const url = new URL(path, 'http://x')
      const page = (result: readonly unknown[], next = '') => ({
        json: { success: true, errors: [], messages: [], result, result_info: { next_page_token: next } },
      })
      const instance = (id: string) => ({ id, status: { state: 'running', updated_at: 'x' }, image: 'i' })
      if (url.pathname.endsWith('/applications')) return page([{ id: 'app_1' }, { id: 'app_2' }])
      if (url.pathname.includes('/app_2/')) return page([])
      return url.searchParams.get('page_token') === 'two'
        ? page([instance('b')])
        : page([instance('a')], 'two')
    })
    const instances = await fetchActiveInstances(access)
    expect(
      instances.map(({ instanceId, applicationId, state }) => [instanceId, applicationId, state]),
    ).toEqual([
      ['a', 'app_1', 'running'],
      ['b', 'app_1', 'running'],
    ])
    expect(asked.every(({ path }) => !path.includes('instances') || path.includes('state=active'))).toBe(true)
  })

  it.each<[string, Reply, RegExp]>([
    ['a refusal', { json: { data: null, errors: [{ message: 'not entitled' }] } }, /refused: not entitled/],
    [
      'a token without rights',
      { status: 403, json: { reason: 'no' } },
      /answered 403.*Account Analytics: Read/s,
    ],
    ['an unknown account', { json: { data: { viewer: { accounts: [] } } } }, /no account acc_1/],
    ['another shape', { json: answerOf([{ dimensions: {} }]) }, /unknown shape/],
    ['no JSON', { json: '<html>' }, /answered no JSON: <html>/],
    [
      'an instance that fills a page',
      { json: answerOf(Array.from({ length: 10_000 }, () => group())) },
      /shorter time/,
    ],
  ])('says what is wrong with %s', async (_, reply, message) => {
    const { access } = await serve(() => reply)
    const failure = fetchProviderUsage(access, window)
    await expect(failure).rejects.toThrow(ProviderError)
    await expect(failure).rejects.toThrow(message)
  })

  it('says what is wrong with a list that was refused, and with one that is none', async () => {
    const refused = await serve(() => ({
      json: { success: false, errors: [{ message: 'no route' }], result: null },
    }))
    await expect(fetchActiveInstances(refused.access)).rejects.toThrow(/refused: no route/)
    server?.close()
    const strange = await serve(() => ({ json: { instances: [] } }))
    await expect(fetchActiveInstances(strange.access)).rejects.toThrow(/unknown shape/)
  })
})
