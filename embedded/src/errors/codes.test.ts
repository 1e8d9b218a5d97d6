import { expect, test } from 'vitest'
import { startTestEmbedded } from '../testing.ts'
import { ClickHouseError, fromEngine, refuse } from './clickhouse-error.ts'
import { CODES, statusOf } from './codes.ts'

test('every code is the engine’s number for that name', async () => {
  const db = await startTestEmbedded()
  const query = 'SELECT errorCodeToName(arrayJoin({codes:Array(Int32)})) AS name'
  const result = await db.writeClient.query({
    query,
    query_params: { codes: Object.values(CODES) },
    format: 'JSONEachRow',
  })
  const names = (await result.json<{ name: string }>()).map(({ name }) => name)
  await db.stop()
  expect(names).toEqual(Object.keys(CODES))
})

test('an error is worded like the server’s, and one of the engine keeps its number and words', () => {
  expect(refuse('READONLY', 'No.').message).toBe('Code: 164. DB::Exception: No. (READONLY)')
  expect(fromEngine(new Error('Code: 60. DB::Exception: gone (UNKNOWN_TABLE)'))).toMatchObject({
    code: 60,
    message: expect.stringMatching(/gone/),
  })
  expect(fromEngine(new Error('strange'))).toMatchObject({
    code: 1002,
    message: expect.stringMatching(/strange/),
  })
  const known = new ClickHouseError(1, 'x')
  expect(fromEngine(known)).toBe(known)
})

test('what the client can mend is 4xx, what passes is 503, the rest 500', () => {
  expect([62, 60, 516, 159, 202, 999].map(statusOf)).toEqual([400, 404, 403, 408, 503, 500])
})
