import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '@sandglass/schemas/migrate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load } from './load.ts'
import { findSubject, readRowsRead } from './measure.ts'
import { shippedQueries, type ShippedQuery } from './shipped-queries.ts'
import { measureStorage, type Storage } from './storage.ts'

/** The same hours and people with ten times the sandboxes, tasks and spans. */
const SPANS = 15_000
const TIMES = 10
const endMs = Date.now()

/** These list or count sandboxes, decisions, overrides and changes, so they read those; they never read spans or charges. */
const OF_THINGS = /Live sandboxes|Suspended|Overrides|[Mm]erged change|Budgets|Verdicts|Actions/

interface Volume {
  readonly spans: number
  readonly queries: readonly ShippedQuery[]
  readonly rowsRead: ReadonlyMap<string, number>
  readonly storage: Storage
}

const engines: TestEmbedded[] = []
let once: Volume
let tenfold: Volume

async function fill(times: number): Promise<Volume> {
  const engine = await startTestEmbedded()
  engines.push(engine)
  const client = engine.writeClient
  await migrate(client)
  const options = { client, seed: 7, baseSpans: SPANS, endMs, days: 0 }
  const { spans } = await load({ ...options, spans: SPANS * times })
  const storage = await measureStorage(client, spans, spans)
  await settle(engine)
  const queries = shippedQueries(await findSubject(client, endMs))
  const rowsRead = new Map<string, number>()
  for (const query of queries) rowsRead.set(query.name, await readRowsRead(client, query))
  return { spans, queries, rowsRead, storage }
}

/** Merges every rollup, so that rows read are rows there are. */
async function settle({ writeClient }: TestEmbedded): Promise<void> {
  const result = await writeClient.query({
    query: `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%AggregatingMergeTree'`,
    format: 'JSONEachRow',
  })
  for (const { name } of await result.json<{ name: string }>()) {
    await writeClient.command({ query: `OPTIMIZE TABLE ${name} FINAL` })
  }
}

beforeAll(async () => {
  once = await fill(1)
  tenfold = await fill(TIMES)
}, 300_000)
afterAll(async () => {
  for (const engine of engines) await engine.stop()
})

describe('ten times the raw volume', () => {
  it('is what the second database holds', () => {
    expect(tenfold.spans).toBe(once.spans * TIMES)
  })

  it('leaves every overview query of money, time and outcomes to read the same rows', () => {
    const overviews = once.queries.filter(({ name, overview }) => overview && !OF_THINGS.test(name))
    expect(overviews.length).toBeGreaterThan(15)
    const grown = overviews.flatMap(({ name }) => {
      const [before = 0, after = 0] = [once.rowsRead.get(name), tenfold.rowsRead.get(name)]
      return after === before ? [] : [`${name}: ${before} rows, then ${after}`]
    })
    expect(grown).toEqual([])
  })

  it('takes at most half the bytes of the exporter’s default schema', () => {
    const { sampleBytesPerSpan, defaultSchemaBytesPerSpan } = tenfold.storage
    expect(sampleBytesPerSpan).toBeLessThanOrEqual(defaultSchemaBytesPerSpan / 2)
  })
})
