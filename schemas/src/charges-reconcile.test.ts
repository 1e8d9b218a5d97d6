import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchProviderUsage, ProviderError, type ProviderUsage } from './charges-provider.ts'
import { reconcile, type MeteredUsage } from './charges-reconcile.ts'
import { parseUsd, tenTo } from './money.ts'
import { openPriceBook } from './price-book.ts'

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

const known = new Set(['inst_1'])

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

  it('shows what we charged and the provider did not as negative', () => {
    const { drift } = reconcile([metered({ quantity: seconds(5) })], [], known, book)
    expect(drift).toMatchObject([{ difference: -seconds(5), costNanoUsd: -parseUsd('0.0001') }])
  })
})

describe('the usage of the provider', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.close()
    server?.closeAllConnections()
  })

  /** A local GraphQL server that answers one thing and remembers what it was asked. */
  async function serve(status: number, answer: unknown) {
    const asked: { authorization: string | undefined; body: string }[] = []
    const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      asked.push({ authorization: request.headers.authorization, body: await text(request) })
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }
    server = createServer((request, response) => void reply(request, response))
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const options = { accountId: 'acc_1', apiToken: 'token', from: day, to: '2026-11-21', fetch }
    return { asked, options: { ...options, endpoint: `http://127.0.0.1:${address.port}` } }
  }

  const group = {
    dimensions: {
      instanceId: 'inst_1',
      applicationId: 'app_1',
      region: 'weur',
      date: day,
      label: 'payments',
    },
    sum: { cpuTimeSec: 12.5, allocatedMemory: 1024, allocatedDisk: 2048, txBytes: 5 },
  }
  const answerOf = (groups: readonly unknown[]) => ({
    data: { viewer: { accounts: [{ containersUsageAdaptiveGroups: groups }] } },
    errors: null,
  })

  it('is asked for by account and day, with the token', async () => {
    const { asked, options } = await serve(200, answerOf([group]))
    expect(await fetchProviderUsage(options)).toEqual([
      provided({ cpuTimeSec: 12.5, allocatedMemory: 1024, allocatedDisk: 2048, txBytes: 5 }),
    ])
    expect(asked[0]?.authorization).toBe('Bearer token')
    expect(JSON.parse(asked[0]?.body ?? '{}')).toMatchObject({ variables: { account: 'acc_1', from: day } })
  })

  it.each([
    ['a refusal', 200, { data: null, errors: [{ message: 'not entitled' }] }, /refused: not entitled/],
    ['an error status', 403, { reason: 'no' }, /answered 403/],
    ['an unknown account', 200, { data: { viewer: { accounts: [] } } }, /no account acc_1/],
    ['another shape', 200, answerOf([{ dimensions: {} }]), /unknown shape/],
    ['a cut answer', 200, answerOf(Array.from({ length: 10_000 }, () => group)), /fewer days/],
  ])('says what is wrong with %s', async (_, status, answer, message) => {
    const { options } = await serve(status, answer)
    const failure = fetchProviderUsage(options)
    await expect(failure).rejects.toThrow(ProviderError)
    await expect(failure).rejects.toThrow(message)
  })
})
