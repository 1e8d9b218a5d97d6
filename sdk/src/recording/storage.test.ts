import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { startTestWorkerd, type TestWorkerd } from '../testing/workerd.ts'

let receiver: OtlpReceiver
let workerd: TestWorkerd

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const entry = join(import.meta.dirname, 'worker/index.ts')
  workerd = await startTestWorkerd(entry, { OTLP_ENDPOINT: receiver.url })
})
afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

async function play<T>(name: string): Promise<T> {
  const { result } = (await workerd.ask('/', { play: name, box: name })) as { readonly result: T }
  return result
}

const spansOf = (task: string) => receiver.spans.filter(({ attributes }) => attributes[attr.taskId] === task)

test('a directory is backed up and restored as without us, and both are told with size, time and expiry', async () => {
  const seen = await play<{ record: { id: string; size: number } } & Record<string, unknown>>('backup')
  expect(seen).toMatchObject({
    stdout: 'precious\nother\n',
    missing: { error: ['Error', 'exit 1'] },
    isBackup: true,
  })
  const [created, ...more] = receiver.eventsNamed(event.snapshotCreated)
  expect(more).toEqual([])
  expect(created?.attributes).toMatchObject({
    [attr.snapshotId]: seen.record.id,
    [attr.snapshotSize]: seen.record.size,
    [attr.snapshotOutcome]: 'success',
    [attr.snapshotDuration]: expect.any(Number),
    [attr.snapshotExpiresAt]: Date.parse('2030-01-01'),
    [attr.taskId]: 'backup',
  })
  const restored = receiver.eventsNamed(event.snapshotRestored).map(({ attributes }) => attributes)
  expect(
    restored.map((facts) => [facts[attr.snapshotId], facts[attr.snapshotOutcome], facts[attr.errorType]]),
  ).toEqual([
    [seen.record.id, 'success', undefined],
    ['gone', 'failure', 'BACKUP_NOT_FOUND'],
  ])
  expect(new Set(restored.map((facts) => facts[attr.resumeAttemptId])).size).toBe(2)
  expect(
    spansOf('backup').flatMap(({ name, statusCode }) =>
      name.startsWith('sandbox.snapshot') ? [[name, statusCode]] : [],
    ),
  ).toEqual([
    ['sandbox.snapshot.create', 0],
    ['sandbox.snapshot.restore', 0],
    ['sandbox.snapshot.restore', 2],
    ['sandbox.snapshot.delete', 0],
  ])
})

test('files that a restore brought back are told as its doing, in its tool call', () => {
  const told = receiver
    .eventsNamed(event.fileMutated)
    .filter(({ attributes }) => attributes[attr.operation] === 'snapshot.restore')
    .map(({ attributes }) => attributes)
  expect(
    told.map((facts) => `${String(facts[attr.fileOperation])} ${String(facts[attr.filePath])}`).toSorted(),
  ).toEqual(['create /workspace/kept.txt', 'modify /workspace/changed.txt'])
  for (const facts of told)
    expect(facts).toMatchObject({ [attr.fileSource]: 'api', [attr.toolName]: 'restore' })
})

test('a mount works as without us, asks the policy, and its credentials never leave', async () => {
  expect(await play('mount')).toMatchObject({
    echoed: 'mount-secret-value-77\n',
    written: 'x\n',
    denied: { error: ['SandglassPolicyError', expect.stringContaining('no-manifests')] },
  })
  const mounted = spansOf('mount').find(({ name }) => name === 'sandbox.mount.create')
  expect(mounted?.attributes).toMatchObject({
    [attr.filePath]: '/workspace/models',
    [attr.serverAddress]: 'acc.r2.example',
  })
  expect(spansOf('mount').map(({ name }) => name)).toContain('sandbox.mount.remove')
  const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString('latin1')
  expect(sent).not.toContain('mount-secret-value-77')
})

test('events of storage keep the contract', () => {
  expect(receiver.problems()).toEqual([])
})
