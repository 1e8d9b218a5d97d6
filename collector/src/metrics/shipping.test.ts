/** Segments of metrics on their way into the real engine: the table keeps nothing, its views and their tables everything. */
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { attr } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { replayQuarantine } from '../clickhouse/quarantine.ts'
import { createAttempt, type Attempt } from '../clickhouse/ship-segment.ts'
import { connectClickHouse, createBlockStore, type BlockStore } from '../clickhouse/store.ts'
import { createClock } from '../clock.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { clickhouseOf, selectNumber, startTestDatabase } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk } from '../wal/disk.ts'
import { OpenSegment } from '../wal/open-segment.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { MetricTranscoder } from './metric-transcoder.ts'

const INSERT_MS_MAX = 30_000

let database: TestEmbedded
let client: ReturnType<typeof connectClickHouse>
let store: BlockStore
let directory: string
let quarantine: string

const run = (query: string): Promise<unknown> => database.writeClient.command({ query })

beforeAll(async () => {
  database = await startTestDatabase()
  client = connectClickHouse({
    ...clickhouseOf(database),
    database: 'default',
    insertMsMax: INSERT_MS_MAX,
    insertsMax: 1,
  })
  store = createBlockStore(client)
})
afterAll(async () => {
  await client.close()
  await database.stop()
})
beforeEach(async () => {
  directory = await makeTestDirectory()
  quarantine = join(directory, 'quarantine')
  await nodeDisk.makeDirectory(quarantine)
  for (const kind of ['gauge', 'sum']) await run(`TRUNCATE TABLE otel_metrics_${kind}`)
})
afterEach(() => removeTestDirectory(directory))

const pointOf = (run: string): object => ({
  asDouble: 1,
  attributes: [{ key: 'run', value: { stringValue: run } }],
})

/** A gauge and a sum for each name. */
const request = (names: readonly string[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      resourceMetrics: [
        {
          resource: { attributes: [{ key: attr.serviceName, value: { stringValue: 'shipped' } }] },
          scopeMetrics: [
            {
              metrics: names.flatMap((name) => [
                { name: 'g', gauge: { dataPoints: [pointOf(name)] } },
                { name: 's', sum: { dataPoints: [pointOf(name)] } },
              ]),
            },
          ],
        },
      ],
    }),
  )

/** A segment with one commit per list of names. */
async function writeSegment(...commits: readonly (readonly string[])[]): Promise<SealedSegment> {
  const transcoder = new MetricTranscoder()
  const id = `${randomUUID()}-otel_metrics-1`
  const segment = await OpenSegment.create(nodeDisk, directory, id, 'otel_metrics')
  for (const names of commits) {
    transcoder.append('json', request(names), { tenantId: 't', receivedAtMs: Date.now() })
    const block = transcoder.take()
    if (block === undefined) throw new Error('no block')
    await segment.append({ ...block, committedAtMs: Date.now(), tenants: ['t'], keys: [] })
  }
  return segment.seal()
}

interface Shipping {
  readonly attempt: Attempt
  readonly lines: readonly string[]
}

function createShipping(through: BlockStore = store): Shipping {
  const lines: string[] = []
  const clock = createClock()
  const telemetry = new Telemetry({ clock, log: (line) => lines.push(line) })
  const parts = { store: through, disk: nodeDisk, clock, telemetry, quarantine }
  return { attempt: createAttempt({ ...parts, insertMsMax: INSERT_MS_MAX }), lines }
}

const counts = async (): Promise<readonly number[]> => [
  await selectNumber(database.readClient, 'SELECT count() FROM otel_metrics_gauge'),
  await selectNumber(database.readClient, 'SELECT count() FROM otel_metrics_sum'),
]

const CONSTRAINT = `CONSTRAINT no_poison CHECK Attributes['run'] != 'poison'`

async function withConstraint<T>(table: string, body: () => Promise<T>): Promise<T> {
  await run(`ALTER TABLE ${table} ADD ${CONSTRAINT}`)
  try {
    return await body()
  } finally {
    await run(`ALTER TABLE ${table} DROP CONSTRAINT no_poison`)
  }
}

/** A table that keeps nothing cannot be altered so: it is made anew. */
async function withConstrainedEntrance<T>(body: () => Promise<T>): Promise<T> {
  const shown = await database.readClient.query({
    query: 'SHOW CREATE TABLE otel_metrics',
    format: 'TabSeparatedRaw',
  })
  const create = (await shown.text()).replace('CREATE TABLE', 'CREATE OR REPLACE TABLE')
  await run(create.replace(/\n\)\s*ENGINE/, `,\n${CONSTRAINT})\nENGINE`))
  try {
    return await body()
  } finally {
    await run(create)
  }
}

const good = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `good-${i}`)

test('a segment that is sent again, because the answer to the insert was lost, is stored once', async () => {
  const segment = await writeSegment(good(20), good(5))
  const deaf: BlockStore = {
    insert: async (insert) => {
      await store.insert(insert)
      throw Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' })
    },
  }
  expect(await createShipping(deaf).attempt(segment, 1)).toEqual({ stored: false })
  expect(await createShipping().attempt({ ...segment, recovered: true }, 1)).toEqual({ stored: true })
  expect(await counts()).toEqual([25, 25])
})

test('points that the table refuses are quarantined alone, and go in once when the cause is mended', async () => {
  const segment = await writeSegment(good(20), [...good(10), 'poison', ...good(3)], good(5))
  const { attempt, lines } = createShipping()
  await withConstrainedEntrance(async () => {
    expect(await attempt(segment, 1)).toEqual({ stored: true })
  })
  expect(await counts()).toEqual([38, 38])
  expect(lines.join()).toContain('VIOLATED_CONSTRAINT')
  expect(await replayQuarantine(nodeDisk, quarantine, store, INSERT_MS_MAX)).toEqual({
    replayedRows: 2,
    left: [],
  })
  expect(await counts()).toEqual([39, 39])
  expect(await readdir(quarantine)).toEqual([])
})

test('a table of one kind that refuses a point holds up no other kind, and has every point once it is mended', async () => {
  const segment = await writeSegment(good(4), ['poison'])
  const { attempt, lines } = createShipping()
  await withConstraint('otel_metrics_gauge', async () => {
    for (let tried = 1; tried <= 2; tried += 1) {
      expect(await attempt(segment, tried)).toMatchObject({ stored: false })
      expect((await counts())[1]).toBe(5)
    }
  })
  expect(lines.join()).toContain('viewRefused')
  expect(await attempt(segment, 3)).toEqual({ stored: true })
  expect(await counts()).toEqual([5, 5])
})
