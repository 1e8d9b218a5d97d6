import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

let open: TestEmbedded
let guarded: TestEmbedded
beforeAll(async () => {
  open = await startTestEmbedded()
  guarded = await startTestEmbedded({ readToken: 'the token' })
})
afterAll(async () => {
  await open.stop()
  await guarded.stop()
})

/** fetch cannot choose its Host header. */
async function statusFor(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/?query=SELECT%201`, { headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end()
  })
}

test('without a token the read port answers to any user, but only under a loopback name', async () => {
  const port = new URL(open.readUrl).port
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'localhost']) {
    expect(await statusFor(open.readUrl, { host, 'X-ClickHouse-User': 'anyone' })).toBe(200)
  }
  for (const host of [`evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) {
    expect(await statusFor(open.readUrl, { host }), host).toBe(403)
  }
})

test('a web page of another origin cannot use the read port', async () => {
  expect(await statusFor(open.readUrl, { origin: 'https://evil.example' })).toBe(403)
  expect(await statusFor(open.readUrl, { origin: 'null' })).toBe(403)
  expect(await statusFor(open.readUrl, { origin: 'http://localhost:3000' })).toBe(200)
})

test('with a token every way of giving it works, and nothing else', async () => {
  const basic = `Basic ${Buffer.from('grafana:the token').toString('base64')}`
  expect(await statusFor(guarded.readUrl, { authorization: basic })).toBe(200)
  expect(await statusFor(guarded.readUrl, { 'x-clickhouse-key': 'the token' })).toBe(200)
  expect((await fetch(`${guarded.readUrl}/?query=SELECT%201&password=the%20token`)).status).toBe(200)
  expect(await statusFor(guarded.readUrl, {})).toBe(403)
  expect(await statusFor(guarded.readUrl, { 'x-clickhouse-key': 'the toke' })).toBe(403)
  expect(await guarded.readClient.ping({ select: true })).toEqual({ success: true })
})

test('the read token does not open the write port', async () => {
  expect(
    await statusFor(guarded.writeUrl, { 'x-clickhouse-user': 'sandglass', 'x-clickhouse-key': 'the token' }),
  ).toBe(403)
})
