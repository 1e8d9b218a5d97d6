import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { concurrencyFor, WAITING_MAX } from '../concurrency.ts'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
  await db.writeClient.command({ query: 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a' })
})
afterAll(async () => db.stop())

const SLOW_MACHINE = { timeout: 20_000 }

const { work } = concurrencyFor(availableParallelism())

interface Slow {
  /** Goes away. */
  end(): void
  readonly answer: Promise<{ readonly status: number; readonly body: string }>
}

/** A query that takes that many seconds. */
function slowQuery(seconds: number): Slow {
  const rows = `SELECT count() FROM numbers(${seconds * 100}) WHERE NOT ignore(sleepEachRow(0.01))`
  const abort = new AbortController()
  const answer = post(`${rows} SETTINGS max_block_size = 1`, abort.signal)
  answer.catch(() => {})
  return { end: () => abort.abort(), answer }
}

async function post(query: string, signal?: AbortSignal): Promise<{ status: number; body: string }> {
  const headers = { 'X-ClickHouse-User': db.username, 'X-ClickHouse-Key': db.password }
  const answer = await fetch(db.writeUrl, { method: 'POST', headers, body: query, ...(signal && { signal }) })
  return { status: answer.status, body: await answer.text() }
}

async function running(): Promise<string> {
  const { body } = await post(
    "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE '%system.processes%'",
  )
  return body.trim()
}

test('inserts and pings go on while slow queries hold every slot of the write port, and reads too', async () => {
  const slow = Array.from({ length: work + 2 }, () => slowQuery(20))
  const late = post('SELECT 1')
  let lateAnswered = false
  void late.then(() => (lateAnswered = true))
  const before = performance.now()
  for (let i = 0; i < 10; i++) {
    await db.writeClient.insert({ table: 't', values: [{ a: i }], format: 'JSONEachRow' })
    expect(await db.readClient.ping({ select: true })).toEqual({ success: true })
  }
  expect(performance.now() - before).toBeLessThan(10_000)
  expect(lateAnswered).toBe(false)
  for (const query of slow) query.end()
  expect(await late).toEqual({ status: 200, body: '1\n' })
})

test('a client that goes away ends its query', async () => {
  const slow = slowQuery(50)
  await expect.poll(running, SLOW_MACHINE).toBe('1')
  slow.end()
  await expect.poll(running, SLOW_MACHINE).toBe('0')
})

test('past the queue, queries are refused with 503 and code 202 at once', async () => {
  const slow = Array.from({ length: work + WAITING_MAX + 5 }, () => slowQuery(20))
  const refused = await Promise.race(slow.map(({ answer }) => answer))
  expect(refused).toMatchObject({
    status: 503,
    body: expect.stringMatching(/^Code: 202\. .*TOO_MANY_SIMULTANEOUS_QUERIES/),
  })
  for (const query of slow) query.end()
  await expect.poll(running, SLOW_MACHINE).toBe('0')
  expect(await db.readClient.ping({ select: true })).toEqual({ success: true })
})
