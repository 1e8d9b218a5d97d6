import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { attr, event } from '@sandglass/schemas/semconv'
import {
  clickhouseOf,
  poll,
  selectNumber,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { changesOf } from './github-changes.ts'

const SECRET = 'a secret of the acme tenant'
const repository = { html_url: 'https://github.com/acme/shop', default_branch: 'main' }
const actor = { id: 583_231, login: 'somebody', type: 'User' }
const SHA = 'a'.repeat(40)

const mergedAt = new Date(Date.now() - 60_000).toISOString()

const pullRequest = (number: number, overrides: object = {}): object => ({
  action: 'closed',
  repository,
  pull_request: {
    number,
    body: '',
    merged: true,
    merged_at: mergedAt,
    merge_commit_sha: SHA,
    merged_by: actor,
    ...overrides,
  },
})

test('a merged pull request is one merged change, with the account by number and never by name', () => {
  const [change, ...rest] = changesOf('pull_request', pullRequest(7))
  expect(rest).toEqual([])
  expect(change).toEqual({
    eventName: event.changeMerged,
    timeMs: Date.parse(mergedAt),
    attributes: {
      [attr.repositoryUrl]: repository.html_url,
      [attr.changeId]: '7',
      [attr.commitSha]: SHA,
      [attr.actorId]: 'github:583231',
      [attr.actorType]: 'human',
    },
  })
})

test('a pull request that reverts others is merged itself and reverts each of them', () => {
  const changes = changesOf('pull_request', pullRequest(8, { body: 'Reverts acme/shop#7\nReverts #5' }))
  expect(changes.map(({ eventName, attributes }) => [eventName, attributes[attr.changeId]])).toEqual([
    [event.changeMerged, '8'],
    [event.changeReverted, '7'],
    [event.changeReverted, '5'],
  ])
})

test('what is opened, closed without a merge, or mentions a revert in passing says nothing', () => {
  expect(changesOf('pull_request', pullRequest(9, { merged: false, merged_at: null }))).toEqual([])
  expect(changesOf('pull_request', { ...pullRequest(9), action: 'opened' })).toEqual([])
  const passing = changesOf('pull_request', pullRequest(9, { body: 'Undoes what Reverts acme/shop#7 did' }))
  expect(passing).toHaveLength(1)
  expect(changesOf('ping', { zen: 'x' })).toEqual([])
})

test('a revert commit on the default branch reverts the change of its title, else the commit', () => {
  const commit = (message: string): object => ({ message, timestamp: mergedAt })
  const push = (ref: string): object => ({
    ref,
    repository,
    sender: { ...actor, type: 'Bot' },
    commits: [
      commit(`Revert "Faster cart (#7)"\n\nThis reverts commit ${SHA}.`),
      commit(`Undo\n\nThis reverts commit ${SHA}.`),
      commit('A commit like any other'),
    ],
  })
  const changes = changesOf('push', push('refs/heads/main'))
  expect(changes.map(({ attributes }) => attributes[attr.changeId])).toEqual(['7', SHA])
  expect(changes[0]?.attributes[attr.actorType]).toBe('service')
  expect(changesOf('push', push('refs/heads/topic'))).toEqual([])
})

let database: TestEmbedded
let directory: string
let collector: TestCollector

beforeAll(async () => {
  database = await startTestDatabase()
  directory = await makeTestDirectory()
  const githubWebhooks = [
    { tenantId: 'other', secret: 'the secret of another tenant' },
    { tenantId: 'acme', secret: SECRET },
  ]
  collector = await startTestCollector(
    testConfig(directory, { clickhouse: clickhouseOf(database), githubWebhooks }),
  )
})
afterAll(async () => {
  await collector.stop('test')
  await database.stop()
  await removeTestDirectory(directory)
})

async function deliver(name: string, text: string, secret = SECRET): Promise<number> {
  const signature = `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
  const headers = { 'x-github-event': name, 'x-hub-signature-256': signature }
  const url = new URL('/webhooks/github', collector.url)
  return (await fetch(url, { method: 'POST', headers, body: text })).status
}

test('a signed delivery is stored once under the tenant of its secret, however often it is delivered', async () => {
  const text = JSON.stringify(pullRequest(42))
  for (let i = 0; i < 3; i += 1) expect(await deliver('pull_request', text)).toBe(200)
  expect(await deliver('pull_request', JSON.stringify(pullRequest(43)))).toBe(200)
  const count = (id: number): Promise<number> =>
    selectNumber(
      database.readClient,
      `SELECT count() FROM otel_logs WHERE TenantId = 'acme' AND EventName = '${event.changeMerged}'
       AND LogAttributesRest['${attr.changeId}'] = '${id}'`,
    )
  expect(
    await poll(
      () => count(43),
      (rows) => rows > 0,
    ),
  ).toBe(1)
  expect(await count(42)).toBe(1)
})

test('a delivery with a wrong signature or none is refused, and so is signed nonsense', async () => {
  const text = JSON.stringify(pullRequest(66))
  expect(await deliver('pull_request', text, 'not a secret of anyone')).toBe(401)
  const unsigned = await fetch(new URL('/webhooks/github', collector.url), { method: 'POST', body: text })
  expect(unsigned.status).toBe(401)
  expect(await deliver('pull_request', '{"action":1}')).toBe(400)
  expect(await deliver('pull_request', 'no JSON')).toBe(400)
})
