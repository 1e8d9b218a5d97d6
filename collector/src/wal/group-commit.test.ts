import { expect, test } from 'vitest'
import { createClock } from '../clock.ts'
import type { Accepted, NativeBlock, Transcoder } from '../transcode/transcoder.ts'
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts'
import type { Commit } from './open-segment.ts'

/** Takes each body as one row; `bad` is malformed, `empty` has no rows. */
function createLineTranscoder(): Transcoder {
  let open: Uint8Array[] = []
  return {
    append(_signal, _encoding, body): Accepted {
      const text = Buffer.from(body).toString()
      if (text === 'bad') throw new Error('malformed')
      if (text !== 'empty') open.push(body)
      return { rows: text === 'empty' ? 0 : 1, rejected: 0 }
    },
    openBytes: () => open.reduce((sum, { length }) => sum + length, 0),
    take(): NativeBlock | undefined {
      const block = { bytes: Buffer.concat(open), rows: open.length }
      open = []
      return block.rows === 0 ? undefined : block
    },
  }
}

interface Harness {
  readonly group: GroupCommit
  readonly commits: { readonly commit: Commit; finish: (error?: Error) => void }[]
  readonly committed: string[]
  readonly failed: string[]
}

function createHarness(overrides: Partial<GroupCommitOptions> = {}): Harness {
  const commits: Harness['commits'] = []
  const committed: string[] = []
  const failed: string[] = []
  const names = (keys: readonly Uint8Array[]): string => keys.map((key) => Buffer.from(key).toString()).join()
  const group = new GroupCommit({
    signal: 'traces',
    table: 'otel_traces',
    transcoder: createLineTranscoder(),
    log: {
      append: (commit) =>
        new Promise((resolve, reject) => {
          commits.push({ commit, finish: (error) => (error === undefined ? resolve() : reject(error)) })
        }),
    },
    clock: createClock(),
    delayMs: 1,
    bytesMax: 1_000,
    onCommitted: ({ keys }) => committed.push(names(keys)),
    onFailed: (keys) => failed.push(names(keys)),
    ...overrides,
  })
  return { group, commits, committed, failed }
}

const submit = (group: GroupCommit, text: string, tenantId = 't'): Promise<void> =>
  group.submit('protobuf', Buffer.from(text), { tenantId, receivedAtMs: 0 }, Buffer.from(text)).durable

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

const isPending = async (promise: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([promise.then(() => 'done'), Promise.resolve('pending')])) === 'pending'

test('nothing is acknowledged before the log has it; then all requests of the commit are', async () => {
  const { group, commits, committed } = createHarness()
  const requests = [submit(group, 'a', 't1'), submit(group, 'b', 't2')]
  await until(() => commits.length === 1)
  expect(await isPending(Promise.all(requests))).toBe(true)
  expect(commits[0]?.commit).toMatchObject({ rows: 2, tenants: ['t1', 't2'] })
  commits[0]?.finish()
  await Promise.all(requests)
  expect(committed).toEqual(['a,b'])
})

test('while one commit is synced the next one fills, and one follows the other', async () => {
  const { group, commits } = createHarness()
  const first = submit(group, 'a')
  await until(() => commits.length === 1)
  const later = [submit(group, 'b'), submit(group, 'c')]
  commits[0]?.finish()
  await first
  await until(() => commits.length === 2)
  expect(Buffer.from(commits[1]?.commit.bytes ?? []).toString()).toBe('bc')
  commits[1]?.finish()
  await Promise.all(later)
})

test('a full block is committed without waiting for the delay', async () => {
  const { group, commits } = createHarness({ delayMs: 60_000, bytesMax: 4 })
  const request = submit(group, 'abcd')
  await until(() => commits.length === 1)
  commits[0]?.finish()
  await expect(request).resolves.toBeUndefined()
})

test('a commit that the disk refuses fails its own requests and no others', async () => {
  const { group, commits, failed, committed } = createHarness()
  const first = submit(group, 'a')
  await until(() => commits.length === 1)
  const second = submit(group, 'b')
  commits[0]?.finish(new Error('full'))
  await expect(first).rejects.toThrow('full')
  await until(() => commits.length === 2)
  commits[1]?.finish()
  await second
  expect({ failed, committed }).toEqual({ failed: ['a'], committed: ['b'] })
})

test('a request without rows is answered at once and commits nothing', async () => {
  const { group, commits } = createHarness()
  await submit(group, 'empty')
  expect(commits).toEqual([])
})

test('draining commits what is open and resolves when the last request is answered', async () => {
  const { group, commits } = createHarness({ delayMs: 60_000 })
  const request = submit(group, 'a')
  const drained = group.drain()
  await until(() => commits.length === 1)
  expect(await isPending(drained)).toBe(true)
  commits[0]?.finish()
  await Promise.all([drained, request])
})
