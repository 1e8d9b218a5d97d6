import { randomBytes, randomUUID } from 'node:crypto'
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { createClock } from '../clock.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { clickhouseOf, selectNumber, startTestDatabase } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { createTranscoder } from '../transcode/transcoder.ts'
import { nodeDisk } from '../wal/disk.ts'
import { OpenSegment } from '../wal/open-segment.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { replayQuarantine } from './quarantine.ts'
import { createAttempt, type Attempt } from './ship-segment.ts'
import { connectClickHouse, createBlockStore, type BlockStore } from './store.ts'

let database: TestEmbedded
let directory: string
let quarantine: string
let store: BlockStore
let client: ReturnType<typeof connectClickHouse>

const run = (query: string): Promise<unknown> => database.writeClient.command({ query })

beforeAll(async () => {
  database = await startTestDatabase()
  client = connectClickHouse({
    ...clickhouseOf(database),
    database: 'default',
    insertMsMax: 30_000,
    insertsMax: 1,
  })
  store = createBlockStore(client)
  await run(
    `CREATE TABLE names (SpanName String, n UInt64) ENGINE = SummingMergeTree ORDER BY SpanName SETTINGS non_replicated_deduplication_window = 1000`,
  )
  await run(
    `CREATE MATERIALIZED VIEW names_mv TO names AS SELECT SpanName, count() AS n FROM otel_traces GROUP BY SpanName`,
  )
})
afterAll(async () => {
  await client.close()
  await database.stop()
})
beforeEach(async () => {
  directory = await makeTestDirectory()
  quarantine = join(directory, 'quarantine')
  await nodeDisk.makeDirectory(quarantine)
  for (const table of ['otel_traces', 'names']) await run(`TRUNCATE TABLE ${table}`)
})
afterEach(() => removeTestDirectory(directory))

/** A segment with one commit per list of span names. */
async function writeSegment(...commits: readonly (readonly string[])[]): Promise<SealedSegment> {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const segment = await OpenSegment.create(
    nodeDisk,
    directory,
    `${randomUUID()}-otel_traces-1`,
    'otel_traces',
  )
  for (const names of commits) {
    const spans = names.map((name) => ({
      name,
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      startMs: Date.now(),
      attributes: { note: `of ${name}` },
    }))
    const context = { tenantId: 't', receivedAtMs: Date.now() }
    transcoder.append('traces', 'protobuf', encodeSpans(spans), context)
    const block = transcoder.take('otel_traces')
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
  const attempt = createAttempt({
    store: through,
    disk: nodeDisk,
    clock,
    telemetry,
    quarantine,
    insertMsMax: 30_000,
  })
  return { attempt, lines }
}

const counts = async (): Promise<readonly number[]> => [
  await selectNumber(database.readClient, 'SELECT count() FROM otel_traces'),
  await selectNumber(database.readClient, 'SELECT sum(n) FROM names'),
]

const quarantined = async (): Promise<readonly string[]> =>
  (await readdir(quarantine)).filter((name) => name.endsWith('.json'))

async function withConstraint<T>(body: () => Promise<T>): Promise<T> {
  await run(`ALTER TABLE otel_traces ADD CONSTRAINT no_poison CHECK SpanName NOT LIKE 'poison%'`)
  try {
    return await body()
  } finally {
    await run('ALTER TABLE otel_traces DROP CONSTRAINT no_poison')
  }
}

const good = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `good-${i % 7}`)

test('rows that the table refuses are quarantined alone; every other row of the segment is stored once', async () => {
  const segment = await writeSegment(good(40), [...good(30), 'poison-1', ...good(9)], ['poison-2'], good(5))
  const { attempt, lines } = createShipping()
  await withConstraint(async () => {
    expect(await attempt(segment, 1)).toEqual({ stored: true })
  })
  expect(await counts()).toEqual([84, 84])
  expect(await quarantined()).toHaveLength(2)
  expect(lines.filter((line) => line.includes('"rowsQuarantined"')).join()).toContain('VIOLATED_CONSTRAINT')
})

test('quarantined rows go in once the cause is mended, and only once however often they are replayed', async () => {
  const segment = await writeSegment([...good(3), 'poison', ...good(3)])
  await withConstraint(async () => createShipping().attempt(segment, 1))
  const [note] = await quarantined()
  const copies = join(directory, 'copies')
  await cp(quarantine, copies, { recursive: true })
  expect(note).toMatch(/\.r\d+-\d+\.json$/)
  for (const place of [quarantine, copies]) {
    expect(await replayQuarantine(nodeDisk, place, store, 30_000)).toEqual({ replayedRows: 1, left: [] })
    expect(await counts()).toEqual([7, 7])
  }
  expect(await quarantined()).toEqual([])
})

test('rows that are still refused stay in quarantine and are named', async () => {
  const segment = await writeSegment(['poison'])
  await withConstraint(async () => {
    await createShipping().attempt(segment, 1)
    const { replayedRows, left } = await replayQuarantine(nodeDisk, quarantine, store, 30_000)
    expect(replayedRows).toBe(0)
    expect(left).toHaveLength(1)
    expect(left[0]?.error).toMatch(/no_poison/)
  })
})

test('a process that dies at any insert of the search stores every good row exactly once after its restart', async () => {
  for (const diesAt of [1, 2, 3, 5]) {
    await run('TRUNCATE TABLE otel_traces')
    await run('TRUNCATE TABLE names')
    const segment = {
      ...(await writeSegment(good(3), ['good-1', 'poison', 'good-2'], good(2))),
      recovered: true,
    }
    await withConstraint(async () => {
      let inserts = 0
      const dying: BlockStore = {
        insert: async (insert) => {
          await store.insert(insert)
          inserts += 1
          if (inserts === diesAt)
            throw Object.assign(new Error('died after the insert'), { code: 'ECONNRESET' })
        },
      }
      await createShipping(dying).attempt(segment, 1)
      expect(await createShipping().attempt(segment, 1), `death at insert ${diesAt}`).toEqual({
        stored: true,
      })
    })
    expect(await counts(), `death at insert ${diesAt}`).toEqual([7, 7])
  }
})

test('a piece that was cut is not sent whole again, even if the table would take it after the restart', async () => {
  const segment = { ...(await writeSegment(good(4), ['poison', 'good-1'])), recovered: true }
  await withConstraint(async () => {
    const halfway: BlockStore = {
      insert: async (insert) => {
        await store.insert(insert)
        throw Object.assign(new Error('died after the first half'), { code: 'ECONNRESET' })
      },
    }
    await createShipping(halfway).attempt(segment, 1)
  })
  expect(await createShipping().attempt(segment, 1)).toEqual({ stored: true })
  expect(await counts()).toEqual([6, 6])
})

test('rows that a view refuses are queryable at once, held in the log, and derived once the view is mended', async () => {
  await run(
    `CREATE TABLE lengths (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 1000`,
  )
  await run(
    `CREATE MATERIALIZED VIEW lengths_mv TO lengths AS SELECT toUInt64(length(SpanName) + throwIf(SpanName = 'poison')) AS n FROM otel_traces`,
  )
  const segment = await writeSegment(good(9), ['poison'])
  const { attempt, lines } = createShipping()
  for (let i = 1; i <= 3; i += 1) expect(await attempt(segment, i)).toMatchObject({ stored: false })
  expect(await counts(), 'the table and the other views have every row once').toEqual([10, 10])
  expect(lines.join()).toContain('viewRefused')
  expect(await quarantined()).toEqual([])
  await run(`ALTER TABLE lengths_mv MODIFY QUERY SELECT toUInt64(length(SpanName)) AS n FROM otel_traces`)
  expect(await attempt(segment, 4)).toEqual({ stored: true })
  expect(await counts()).toEqual([10, 10])
  expect(await selectNumber(database.readClient, 'SELECT count() FROM lengths')).toBe(10)
  await run('DROP TABLE lengths_mv')
})
