import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSandglass, type Sandglass } from '../index.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'

/**
 * Behaves as a stub of the 0.12 client does: some methods are functions, any other property is a remote method that
 * cannot be applied, and answers a thenable that is no Promise and can do more than settle.
 */
function createStub(answers: Readonly<Record<string, (...args: never[]) => unknown>>) {
  const calls: { readonly method: string; readonly args: unknown[] }[] = []
  const remote = (method: string) =>
    new Proxy(function stub() {}, {
      apply(_, self, args: unknown[]) {
        if (self === undefined) throw new TypeError('a remote method needs its object')
        calls.push({ method, args })
        const settled = Promise.resolve().then(() => answers[method]?.(...(args as never[])))
        // oxlint-disable-next-line unicorn/no-thenable -- what a remote call answers is one
        return { then: settled.then.bind(settled), pipelined: () => `${method} pipelined` }
      },
      get(_, property) {
        if (property === 'apply' || property === 'call' || property === 'bind')
          throw new TypeError('not a function')
        return property === 'name' ? method : undefined
      },
    })
  const client = new Proxy(
    {},
    {
      get(_, property) {
        if (property === 'id') return { toString: () => 'id-of-the-object' }
        if (property === 'name') return 'fix-4711'
        return typeof property === 'string' ? remote(property) : undefined
      },
      has: () => true,
    },
  ) as Record<string, (...args: unknown[]) => PromiseLike<unknown> & { pipelined(): string }>
  return { client, calls }
}

let receiver: OtlpReceiver
let sandglass: Sandglass
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  sandglass = createSandglass({
    serviceName: 'test',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    onDiagnostic() {},
  })
})
afterEach(() => receiver.stop())

const spanNamed = (name: string) => receiver.spans.find((span) => span.name === name)

test('a command is a span with its line, exit code and sizes, in the task it was called in', async () => {
  const { client } = createStub({ exec: () => ({ exitCode: 3, stdout: 'out', stderr: 'übel' }) })
  const wrapped = sandglass.client(client)
  const spec = { class: 'c', team: 't', tier: 'B', agent: 'a', id: 'task-1' } as const
  const result = await sandglass.task(spec, () => wrapped['exec']?.('npm test', { cwd: '/w' }))
  expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'übel' })
  await sandglass.flush()
  expect(spanNamed('npm')?.attributes).toMatchObject({
    [attr.commandLine]: 'npm test',
    [attr.exitCode]: 3,
    [attr.stdoutSize]: 3,
    [attr.stderrSize]: 5,
    [attr.workingDirectory]: '/w',
    [attr.taskId]: 'task-1',
    [attr.sandboxId]: 'id-of-the-object',
    [attr.sandboxName]: 'fix-4711',
  })
})

test('what a remote call answers is passed on as it is, with all it can do', async () => {
  const { client, calls } = createStub({ exists: () => true })
  const wrapped = sandglass.client(client)
  const answer = wrapped['exists']?.('/w/a', 'session-1')
  expect(answer).not.toBeInstanceOf(Promise)
  expect(answer?.pipelined()).toBe('exists pipelined')
  expect(await answer).toBe(true)
  expect(calls).toEqual([{ method: 'exists', args: ['/w/a', 'session-1'] }])
})

test('a property the table does not name is the one of the client', async () => {
  const { client, calls } = createStub({ somethingNew: () => 7 })
  expect(await sandglass.client(client)['somethingNew']?.(1)).toBe(7)
  expect(calls).toHaveLength(1)
  await sandglass.flush()
  expect(receiver.spans).toHaveLength(0)
})

test('a rejection is the same error, once, in a span that failed', async () => {
  const failure = Object.assign(new Error('gone'), { errorResponse: { code: 'FILE_NOT_FOUND' } })
  const { client, calls } = createStub({ readFile: () => Promise.reject(failure) })
  await expect(Promise.resolve(sandglass.client(client)['readFile']?.('/w/x'))).rejects.toBe(failure)
  expect(calls).toHaveLength(1)
  await sandglass.flush()
  expect(spanNamed('sandbox.file.read')?.statusCode).toBe(2)
})

test('a stream keeps its bytes; its span ends with it and has the exit code of its last event', async () => {
  const events = 'data: {"type":"stdout","data":"data: "}\n\ndata: {"type":"complete","exitCode":3}\n\n'
  const stream = new Blob([events]).stream()
  const { client } = createStub({ execStream: () => stream })
  const seen = (await sandglass.client(client)['execStream']?.('yes')) as ReadableStream
  await sandglass.flush()
  expect(receiver.spans).toHaveLength(0)
  expect(await new Response(seen).text()).toBe(events)
  await sandglass.flush()
  const size = events.length
  expect(spanNamed('yes')).toMatchObject({
    statusCode: 2,
    attributes: { [attr.responseSize]: size, [attr.exitCode]: 3 },
  })
})

test('a session is wrapped as the sandbox is', async () => {
  const session = {
    id: 's1',
    exec: (line: string) => Promise.resolve({ exitCode: 0, stdout: line, stderr: '' }),
  }
  const { client } = createStub({ createSession: () => session })
  const wrapped = (await sandglass.client(client)['createSession']?.({ id: 's1' })) as typeof session
  expect(wrapped.id).toBe('s1')
  expect(await wrapped.exec('ls')).toMatchObject({ stdout: 'ls' })
  await sandglass.flush()
  expect(spanNamed('ls')).toBeDefined()
})

test('a changed file is told once it has changed, and not when it did not', async () => {
  const { client } = createStub({
    writeFile: () => ({ success: true }),
    deleteFile: () => Promise.reject(new Error('not there')),
  })
  const wrapped = sandglass.client(client)
  await wrapped['writeFile']?.('/w/deploy/app.yaml', 'image: x')
  await Promise.resolve(wrapped['deleteFile']?.('/w/none')).catch(() => {})
  await sandglass.flush()
  expect(receiver.eventsNamed(event.fileMutated).map(({ attributes }) => attributes)).toMatchObject([
    {
      [attr.filePath]: '/w/deploy/app.yaml',
      [attr.fileCategory]: 'manifest',
      [attr.fileAttribution]: 'exact',
    },
  ])
  expect(receiver.problems()).toEqual([])
})
