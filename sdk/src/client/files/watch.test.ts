import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSandglass, type Sandglass } from '../../index.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import { createTestClock } from '../../testing/test-clock.ts'
import { LINE_CHARS_MAX } from './limits.ts'

let receiver: OtlpReceiver
let sandglass: Sandglass
let clock: ReturnType<typeof createTestClock>
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  clock = createTestClock()
  sandglass = createSandglass({
    serviceName: 'test',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    clock,
    onDiagnostic() {},
  })
})
afterEach(() => receiver.stop())

/** Milliseconds after the test began, as an event says it. */
const at = (ms: number): string => new Date(clock.now() + ms).toISOString()

const line = (eventType: string, path: string, ms = 0, more: object = {}): string =>
  `data: ${JSON.stringify({ type: 'event', eventType, path, isDirectory: false, timestamp: at(ms), ...more })}\n\n`

/** A stream that yields those bytes, cut in pieces of a size. */
function streamOf(text: string, pieceBytes = 7): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let offset = 0
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (offset >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(offset, offset + pieceBytes))
      offset += pieceBytes
    },
  })
}

interface Client {
  watch(path: string): Promise<ReadableStream<Uint8Array>>
  writeFile(path: string, content: string): Promise<object>
  deleteFile(path: string): Promise<object>
  renameFile(from: string, to: string): Promise<object>
  exists(path: string): Promise<object>
  exec(line: string): Promise<object>
}

const succeed = async (): Promise<object> => ({ success: true })

const client = (more: Partial<Client>): Client =>
  sandglass.client({
    id: 'box',
    watch: async () => streamOf(''),
    writeFile: succeed,
    deleteFile: succeed,
    renameFile: succeed,
    exists: async () => ({ exists: false }),
    exec: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
    ...more,
  } as Client)

async function told(): Promise<unknown[][]> {
  await sandglass.flush()
  expect(receiver.problems()).toEqual([])
  return receiver
    .eventsNamed(event.fileMutated)
    .map(({ attributes }) =>
      [attr.fileOperation, attr.filePath, attr.fileSource, attr.filePathBefore]
        .map((name) => attributes[name])
        .filter((value) => value !== undefined),
    )
}

const watched = async (text: string): Promise<string> =>
  new Response(await client({ watch: async () => streamOf(text) }).watch('/w')).text()

test('each change is told once, a move as a rename, and the reader gets every byte', async () => {
  const text = [
    'data: {"type":"watching","path":"/w","watchId":"1"}\n\n',
    line('create', '/w/ü.txt'),
    line('modify', '/w/ü.txt', 10),
    line('attrib', '/w/ü.txt', 20),
    line('create', '/w/dir', 30, { isDirectory: true }),
    line('move_from', '/w/ü.txt', 2_000),
    line('move_to', '/w/b.txt', 2_000),
    line('modify', '/w/b.txt', 5_000),
    line('delete', '/w/b.txt', 5_100),
    line('move_to', '/w/came', 6_000),
    line('move_from', '/w/went', 6_000),
    ': no event\n\ndata: no json\n\n',
  ].join('')
  expect(await watched(text)).toBe(text)
  expect(await told()).toEqual([
    ['create', '/w/ü.txt', 'watch'],
    ['rename', '/w/b.txt', 'watch', '/w/ü.txt'],
    ['modify', '/w/b.txt', 'watch'],
    ['delete', '/w/b.txt', 'watch'],
    ['create', '/w/came', 'watch'],
    ['delete', '/w/went', 'watch'],
  ])
})

test('a file that is made, deleted and made again changed three times', async () => {
  await watched(line('create', '/w/a') + line('delete', '/w/a', 100) + line('create', '/w/a', 200))
  expect((await told()).map(([operation]) => operation)).toEqual(['create', 'delete', 'create'])
})

test('a line without an end costs a bounded part of it, and the next event is told', async () => {
  const text = `data: ${'x'.repeat(LINE_CHARS_MAX * 3)}\n\n${line('create', '/w/a')}`
  expect(
    await new Response(await client({ watch: async () => streamOf(text, 4_096) }).watch('/w')).text(),
  ).toBe(text)
  expect(await told()).toEqual([['create', '/w/a', 'watch']])
})

test('what the API told is not told again by a watch, however late that is read', async () => {
  const events =
    line('create', '/workspace/a') +
    line('modify', '/workspace/a', 5) +
    line('move_from', '/workspace/old', 10) +
    line('move_to', '/workspace/new', 10) +
    line('delete', '/workspace/gone', 10) +
    line('modify', '/workspace/a', 3_000)
  const one = client({ watch: async () => streamOf(events) })
  const stream = await one.watch('/workspace')
  await one.writeFile('a', '1')
  await one.renameFile('/workspace/old', '/workspace/new')
  await one.deleteFile('/workspace/gone')
  clock.advance(60_000)
  await new Response(stream).text()
  expect(await told()).toEqual([
    ['modify', 'a', 'api'],
    ['rename', '/workspace/new', 'api', '/workspace/old'],
    ['delete', '/workspace/gone', 'api'],
    ['modify', '/workspace/a', 'watch'],
  ])
})

test('a write that failed hides nothing, and two watches tell a change once', async () => {
  const one = client({
    writeFile: () => Promise.reject(new Error('no')),
    watch: async () => streamOf(line('modify', '/w/a')),
  })
  await one.writeFile('/w/a', '1').catch(() => {})
  await new Response(await one.watch('/w')).text()
  await new Response(await one.watch('/w')).text()
  expect(await told()).toEqual([['modify', '/w/a', 'watch']])
})

test('a write makes a file where none was said to be, until something else may have', async () => {
  const one = client({})
  await one.writeFile('/w/unknown', '1')
  await one.exists('/w/a')
  await one.writeFile('/w/a', '1')
  await one.writeFile('/w/a', '2')
  await one.deleteFile('/w/a')
  await one.writeFile('/w/a', '3')
  await one.exists('/w/b')
  await one.exec('touch b')
  await one.writeFile('/w/b', '1')
  await one.exists('/w/c')
  clock.advance(60_000)
  await one.writeFile('/w/c', '1')
  expect((await told()).map(([operation, path]) => [operation, path])).toEqual([
    ['modify', '/w/unknown'],
    ['create', '/w/a'],
    ['modify', '/w/a'],
    ['delete', '/w/a'],
    ['create', '/w/a'],
    ['modify', '/w/b'],
    ['modify', '/w/c'],
  ])
})

test('a reader that goes away cancels the watch itself, and nothing was read ahead of it', async () => {
  let pulls = 0
  let cancelled: unknown
  const source = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(new TextEncoder().encode(line('create', `/w/${pulls++}`))),
      cancel: (reason) => void (cancelled = reason),
    },
    { highWaterMark: 0 },
  )
  const reader = (await client({ watch: async () => source }).watch('/w')).getReader()
  expect(pulls).toBe(0)
  await reader.read()
  await reader.cancel('enough')
  expect([pulls, cancelled]).toEqual([1, 'enough'])
  expect(await told()).toEqual([['create', '/w/0', 'watch']])
})

test('a change while one task runs is in its window; while several do, nobody knows', async () => {
  const spec = { class: 'c', team: 't', tier: 'B', agent: 'a' } as const
  await sandglass.task({ ...spec, id: 'one' }, () => watched(line('create', '/w/a')))
  await sandglass.task({ ...spec, id: 'two' }, () =>
    sandglass.task({ ...spec, id: 'three' }, () => watched(line('create', '/w/b'))),
  )
  await sandglass.flush()
  const facts = receiver.eventsNamed(event.fileMutated).map(({ attributes }) => attributes)
  expect(facts).toMatchObject([
    { [attr.fileAttribution]: 'window', [attr.taskId]: 'one' },
    { [attr.fileAttribution]: 'ambiguous', [attr.teamId]: 't' },
  ])
  expect(facts[1]?.[attr.taskId]).toBeUndefined()
})
