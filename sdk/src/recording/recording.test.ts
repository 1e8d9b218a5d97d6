import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainProblems } from '../testing/chain.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import type { SeenEvent, SeenSpan } from '../testing/otlp-request.ts'
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

interface Played<T> {
  readonly result: T
  readonly stats: Readonly<Record<string, number>>
}

async function play<T>(name: string, request: object = {}): Promise<T> {
  const { result } = (await workerd.ask('/', { play: name, box: name, ...request })) as Played<T>
  return result
}

const ofTask = <S extends SeenSpan | SeenEvent>(seen: readonly S[], task: string): S[] =>
  seen.filter(({ attributes }) => attributes[attr.taskId] === task)
const spansOf = (task: string): SeenSpan[] => ofTask(receiver.spans, task)
const eventsOf = (task: string, name: string): SeenEvent[] =>
  ofTask(receiver.events, task).filter((seen) => seen.name === name)
const ofBox = (box: string): SeenEvent[] =>
  receiver.events.filter(({ attributes }) => attributes[attr.sandboxName] === box)
const spanNamed = (spans: readonly SeenSpan[], name: string): SeenSpan => {
  const found = spans.find((span) => span.name === name)
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join()}`)
  return found
}
const numbers = (events: readonly SeenEvent[], name: string): number[] =>
  events.map(({ attributes }) => Number(attributes[name]))
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('lineage', () => {
  let plan: string
  let next: string
  let traceparent: string
  let spans: SeenSpan[]
  beforeAll(async () => {
    ;({ plan, next, traceparent } = await play<{ plan: string; next: string; traceparent: string }>(
      'lineage',
    ))
    spans = spansOf('lineage')
  })

  test('a task is one trace under its invoke_agent span, with its context on everything', () => {
    const root = spanNamed(spans, 'invoke_agent fixer')
    expect(root.parentSpanId).toBe('')
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([root.traceId]))
    for (const { attributes } of [...spans, ...ofTask(receiver.events, 'lineage')]) {
      expect(attributes).toMatchObject({
        [attr.teamId]: 'payments',
        [attr.tier]: 'B',
        [attr.taskClass]: 'code_fix',
        [attr.userId]: 'u_1',
        [attr.actorId]: 'fixer',
        [attr.sandboxName]: 'lineage',
      })
    }
    expect(root.resource).toMatchObject({
      [attr.serviceName]: 'recording',
      [attr.serviceVersion]: '1.2.3',
      [attr.environment]: 'test',
    })
  })

  test('tools nest and run in parallel under the call that made them, and link to the chat that asked', () => {
    const chat = spanNamed(spans, 'chat opus-5')
    const outer = spanNamed(spans, 'execute_tool fix_bug')
    expect(outer.links).toEqual([chat.spanId])
    for (const name of ['read_file', 'search', 'edit']) {
      const inner = spanNamed(spans, `execute_tool ${name}`)
      expect(inner).toMatchObject({ parentSpanId: outer.spanId, links: [chat.spanId] })
      expect(inner.attributes).toMatchObject({
        [attr.toolDepth]: 1,
        [attr.toolParentName]: 'fix_bug',
        [attr.toolParentCallId]: outer.attributes[attr.toolCallId],
      })
    }
    const [read, search] = ['read_file', 'search'].map((name) => spanNamed(spans, `execute_tool ${name}`))
    expect(Number(search?.startNs)).toBeLessThan(Number(read?.endNs))
  })

  test('a command is the child of its tool call, knows its prompt, and got its own span as TRACEPARENT', () => {
    const tool = spanNamed(spans, 'execute_tool edit')
    const command = spanNamed(spans, 'sh')
    expect(command.parentSpanId).toBe(tool.spanId)
    expect(command.attributes[attr.promptId]).toBe(plan)
    expect(command.attributes[attr.toolCallId]).toBe(tool.attributes[attr.toolCallId])
    expect(traceparent).toBe(`00-${command.traceId}-${command.spanId}-01`)
  })

  test('a prompt causes what comes after it, until the next one', () => {
    expect(spanNamed(spans, 'cat').attributes[attr.promptId]).toBe(plan)
    expect(spanNamed(spans, 'execute_tool inside').attributes[attr.promptId]).toBe(next)
    const inside = spans.find(({ attributes }) => attributes[attr.commandLine] === 'echo three')
    expect(inside?.attributes[attr.promptId]).toBe(next)
  })

  test('a changed file leads to command, tool call, prompt and actor', () => {
    const [changed] = eventsOf('lineage', event.fileMutated)
    const command = spanNamed(spans, 'sh')
    expect(changed).toMatchObject({ traceId: command.traceId })
    expect(changed?.attributes).toMatchObject({
      [attr.filePath]: '/workspace/seen.ts',
      [attr.commandLine]: command.attributes[attr.commandLine],
      [attr.toolCallId]: command.attributes[attr.toolCallId],
      [attr.promptId]: plan,
      [attr.actorId]: 'fixer',
    })
  })

  test('prompts leave as a keyed hash, arguments not at all, tokens as an event with an idempotency key', () => {
    const chat = spanNamed(spans, 'chat opus-5')
    expect(chat.attributes[attr.promptHash]).toMatch(/^[\da-f]{64}$/)
    const sent = receiver.requests.map(({ body }) => body.toString('latin1')).join('')
    expect(sent).not.toContain('fix the cart')
    expect(sent).not.toContain('argument')
    expect(eventsOf('lineage', event.inferenceMeasured)[0]?.attributes).toMatchObject({
      [attr.responseId]: 'resp_1',
      [attr.inputTokens]: 100,
      [attr.cachedInputTokens]: 40,
      [attr.outputTokens]: 20,
      [attr.chargeSource]: 'provider',
      [attr.promptId]: plan,
    })
  })

  test('outcome, change and artifact are events of the task', () => {
    expect(eventsOf('lineage', event.taskFinished)[0]?.attributes).toMatchObject({
      [attr.taskDuration]: expect.any(Number),
      [attr.taskOutcome]: 'success',
      [attr.taskOutcomeSource]: 'test',
    })
    expect(eventsOf('lineage', event.changeLinked)[0]?.attributes).toMatchObject({
      [attr.changeId]: 'shop#42',
      [attr.changeTaskIds]: ['lineage'],
      [attr.changeTaskShares]: [1],
    })
    expect(eventsOf('lineage', event.artifactProduced)).toHaveLength(1)
  })
})

test('a command span says how it ended: code, signal, sizes; only a nonzero exit is an error', async () => {
  await play('commands')
  const spans = spansOf('commands')
  const [failed, killed, streamed, abandoned] = ['exit 3', 'sleep 60', 'head -c 5000', 'head -c 70000'].map(
    (part) => spans.find(({ attributes }) => String(attributes[attr.commandLine]).includes(part)),
  )
  expect(failed?.statusCode).toBe(2)
  expect(failed?.attributes).toMatchObject({ [attr.exitCode]: 3, [attr.stdoutSize]: 4, [attr.stderrSize]: 4 })
  expect(killed?.attributes).toMatchObject({ [attr.exitCode]: 137, [attr.killSignal]: 9 })
  expect(streamed?.statusCode).toBe(0)
  expect(streamed?.attributes).toMatchObject({ [attr.exitCode]: 0, [attr.stdoutSize]: 5000 })
  expect(Number(abandoned?.attributes[attr.stdoutSize])).toBeLessThan(70_000)
})

test('every change of a file is told once, with hashes, kind and the command behind it', async () => {
  await play('files')
  const told = eventsOf('files', event.fileMutated).map(({ attributes }) => attributes)
  const find = (path: string, operation: string) =>
    told.find(
      (facts) => facts[attr.filePath] === `/workspace/${path}` && facts[attr.fileOperation] === operation,
    )
  expect(find('deploy/app.yaml', 'create')).toMatchObject({
    [attr.fileCategory]: 'manifest',
    [attr.fileSize]: 12,
    [attr.fileAttribution]: 'window',
    [attr.toolName]: 'write',
  })
  const modified = find('src/old.ts', 'modify')
  expect(modified).toMatchObject({ [attr.fileSha256Before]: expect.any(String), [attr.toolName]: 'change' })
  expect(modified?.[attr.fileSha256After]).not.toBe(modified?.[attr.fileSha256Before])
  expect(find('gone.txt', 'delete')).toMatchObject({ [attr.fileSha256Before]: expect.any(String) })
  expect(find('src/new.ts', 'rename')).toMatchObject({
    [attr.filePathBefore]: '/workspace/src/old.ts',
    [attr.fileSha256After]: modified?.[attr.fileSha256After],
    [attr.toolName]: 'move',
  })
  expect(told.filter((facts) => String(facts[attr.filePath]).endsWith('same.txt'))).toEqual([])
  const parallel = ['a', 'b'].map((name) => ({ name, facts: find(`${name}.txt`, 'create') }))
  expect(parallel.map(({ facts }) => facts?.[attr.fileAttribution])).toContain('ambiguous')
  for (const { name, facts } of parallel) {
    const named = JSON.stringify(facts?.[attr.commandLine] ?? '').includes(`${name}.txt`)
    expect(named, 'its command is named only where it is certain').toBe(
      facts?.[attr.fileAttribution] === 'window',
    )
  }
  expect(told).toHaveLength(6)
  expect(eventsOf('files', event.policyEvaluated)[0]?.attributes).toMatchObject({
    [attr.policySubject]: '/workspace/deploy/app.yaml',
    [attr.policyVerdict]: 'deny',
    [attr.policyAction]: 'allowed',
  })
})

test('what the file API changes is told once and exactly, and what a policy denies is not done', async () => {
  const seen = await play<Record<string, unknown>>('fileApi')
  expect(seen).toMatchObject({
    text: 'hello',
    missing: { error: ['Error', 'exit 1'] },
    denied: { error: ['SandglassPolicyError', expect.stringContaining('no-manifests')] },
  })
  expect(String(seen['after'])).not.toContain('app.yaml')
  const told = ofBox('fileApi').filter(({ name }) => name === event.fileMutated)
  expect(
    told.map(({ attributes }) => [
      attributes[attr.fileOperation],
      attributes[attr.filePath],
      attributes[attr.fileSource],
      attributes[attr.fileAttribution],
    ]),
  ).toEqual([
    ['create', '/workspace/notes.md', 'api', 'exact'],
    ['rename', '/workspace/moved.md', 'api', 'exact'],
    ['delete', '/workspace/moved.md', 'api', 'exact'],
  ])
  expect(told[0]?.attributes).toMatchObject({ [attr.toolName]: 'write', [attr.fileSize]: 5 })
  const spans = spansOf('file-api').filter(({ name }) => name.startsWith('sandbox.file.'))
  expect(spans.map(({ name, statusCode }) => [name, statusCode])).toEqual([
    ['sandbox.file.write', 0],
    ['sandbox.file.read', 0],
    ['sandbox.file.rename', 0],
    ['sandbox.file.remove', 0],
    ['sandbox.file.remove', 2],
  ])
})

describe('the meter', () => {
  let spent: { one: number; four: number }
  let usage: SeenEvent[]
  beforeAll(async () => {
    spent = await play<{ one: number; four: number }>('cpu')
    usage = ofBox('cpu').filter(({ name }) => name === event.usageMeasured)
  })
  const tolerance = (seconds: number): number => seconds * 0.1 + 0.05
  const cpuOf = (task: string): number[] =>
    spansOf(task).flatMap(({ attributes }) => {
      const seconds = attributes[attr.cpuTime]
      return typeof seconds === 'number' ? [seconds] : []
    })

  test('a command is metered within 10 % and 0.05 s of what it spent', () => {
    const [metered = 0] = cpuOf('cpu-one')
    expect(Math.abs(metered - spent.one)).toBeLessThanOrEqual(tolerance(spent.one))
    expect(spansOf('cpu-one').map(({ attributes }) => attributes[attr.cpuShared])).toContain(false)
  })

  test('of four in parallel the sum is right and each is marked shared', () => {
    const metered = cpuOf('cpu-four')
    expect(metered).toHaveLength(4)
    expect(Math.abs(sum(metered) - spent.four)).toBeLessThanOrEqual(tolerance(spent.four))
    const shared = spansOf('cpu-four').filter(({ attributes }) => attributes[attr.cpuShared] === true)
    expect(shared).toHaveLength(4)
  })

  test('intervals follow each other without gap or overlap, numbered from 1', () => {
    const [starts, ends] = [numbers(usage, attr.usageStart), numbers(usage, attr.usageEnd)]
    expect(starts.slice(1)).toEqual(ends.slice(0, -1))
    expect(numbers(usage, attr.usageSequence)).toEqual(usage.map((_, index) => index + 1))
  })

  test('the seconds of an interval are split among what they were spent on, and sum to it', () => {
    const kinds = [
      attr.timeCommand,
      attr.timeModelWait,
      attr.timeHumanWait,
      attr.timeTerminal,
      attr.timeBackground,
      attr.timeIdle,
      attr.timeUnknown,
    ]
    for (const { attributes } of usage) {
      const split = sum(kinds.map((kind) => Number(attributes[kind])))
      const duration = (Number(attributes[attr.usageEnd]) - Number(attributes[attr.usageStart])) / 1000
      expect(Math.abs(split - duration)).toBeLessThan(0.005)
      expect(Number(attributes[attr.memoryTime])).toBeCloseTo(duration * 4, 6)
      expect(Number(attributes[attr.diskTime])).toBeCloseTo(duration * 8, 6)
    }
  })

  test('what the intervals sum to is what the container spent, and each task pays for its own', () => {
    const total = sum(numbers(usage, attr.cpuTime))
    const container = workerd.engine
      .containers()
      .find(({ name }) => name.includes(String(usage[0]?.attributes[attr.sandboxId])))
    expect(Math.abs(total - (container?.cpuSeconds ?? 0))).toBeLessThan(0.1)
    const byTask = (task: string) =>
      sum(
        usage.map(({ attributes }) => {
          const ids = attributes[attr.usageTaskIds] as string[]
          const times = attributes[attr.usageTaskCpuTimes] as number[]
          return times[ids.indexOf(task)] ?? 0
        }),
      )
    expect(byTask('cpu-one')).toBeGreaterThan(spent.one * 0.9)
    expect(byTask('cpu-one') + byTask('cpu-four')).toBeCloseTo(total, 6)
  })
})

test('a policy blocks, is overridden within its bounds, and blocks again when the override ended', async () => {
  const seen = await play<Record<string, unknown>>('policy')
  expect(seen).toMatchObject({
    before: { error: ['SandglassPolicyError', expect.stringContaining('no-manifests')] },
    bad: [
      { error: ['SandglassOverrideError', expect.stringContaining('second person')] },
      { error: ['SandglassOverrideError', expect.stringContaining('ticket')] },
      { error: ['SandglassOverrideError', expect.stringContaining('86400000')] },
    ],
    during: { value: { verdict: 'allow', action: 'allowed', rule: 'no-manifests' } },
    after: { error: ['SandglassPolicyError', expect.any(String)] },
  })
  const [override] = eventsOf('policy', event.policyOverridden)
  expect(override?.attributes).toMatchObject({
    [attr.actorId]: 'u_7',
    [attr.approverId]: 'u_9',
    [attr.reason]: 'hotfix',
    [attr.ticket]: 'OPS-1',
    [attr.expiresAt]: expect.any(Number),
  })
  const ended = ofBox('policy').filter(({ name }) => name === event.overrideEnded)
  expect(ended.map(({ attributes }) => attributes[attr.overrideEndCause])).toEqual(['expiry', 'revocation'])
  const used = eventsOf('policy', event.policyEvaluated).filter(
    ({ attributes }) => attributes[attr.overrideId],
  )
  expect(used.map(({ attributes }) => attributes[attr.overrideId])).toEqual([
    override?.attributes[attr.overrideId],
  ])
})

test('a denied secret is never resolved; an allowed one is never sent', async () => {
  const { asked, value } = await play<{ asked: number; value: string }>('policy', { box: 'secrets' })
  expect([asked, value]).toEqual([0, 'npm-secret-value-123'])
  const accesses = ofBox('secrets').filter(({ name }) => name === event.secretAccessed)
  expect(
    accesses.map(({ attributes }) => [attributes[attr.secretName], attributes[attr.secretOutcome]]),
  ).toEqual([
    ['PROD_KEY', 'denied'],
    ['NPM_TOKEN', 'allowed'],
  ])
})

test('a forbidden command is refused before it runs, also inside a shell script', async () => {
  const seen = await play<Record<string, unknown>>('blocked')
  expect(seen).toMatchObject({
    direct: { error: ['SandglassPolicyError', expect.stringContaining('curl')] },
    hidden: { error: ['SandglassPolicyError', expect.stringContaining('curl')] },
    allowed: { exitCode: 0, stdout: 'fine\n' },
  })
  expect(spansOf('blocked').map(({ name }) => name)).not.toContain('curl')
})

test('secrets do not leave in command lines, errors or status messages', async () => {
  expect(await play('secretsInCommands')).toBe(true)
  const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString('latin1')
  for (const secret of ['npm-secret-value-123', 'hunter2hunter2', 'p4ssw0rd'])
    expect(sent).not.toContain(secret)
  expect(spanNamed(spansOf('redaction'), 'echo').attributes[attr.commandLine]).toContain('redacted')
})

test('a task settles as its work does, and says how it ended', async () => {
  expect(await play('outcomes')).toEqual([true, true, true, true, 7])
  const outcomeOf = (task: string) => {
    const facts = eventsOf(task, event.taskFinished)[0]?.attributes
    return [facts?.[attr.taskOutcome], facts?.[attr.taskOutcomeSource], facts?.[attr.errorType]]
  }
  expect(outcomeOf('outcome-failure')).toEqual(['failure', 'agent', 'TypeError'])
  expect(outcomeOf('outcome-cancelled')).toEqual(['cancelled', 'agent', 'AbortError'])
  expect(outcomeOf('outcome-suspended')).toEqual(['suspended', 'gate', 'SANDGLASS_SUSPENDED'])
  expect(outcomeOf('outcome-string')).toEqual(['failure', 'agent', 'string'])
  expect(outcomeOf('outcome-said')).toEqual(['failure', 'human', undefined])
})

test('a context goes on in another request; anything else is as none', async () => {
  const [, alone, none] = await play<string[]>('serialized')
  expect([alone, none]).toEqual(['alone\n', 'none'])
  const spans = spansOf('serialized')
  const later = spans.find(({ attributes }) => attributes[attr.commandLine] === 'echo later')
  expect(later).toMatchObject({ parentSpanId: spanNamed(spans, 'execute_tool hand_over').spanId })
  expect(later?.attributes[attr.toolName]).toBe('hand_over')
})

test('a task beats while it runs, three times in its time to live', async () => {
  await play('heartbeats')
  expect(eventsOf('heartbeats', event.taskHeartbeat).length).toBeGreaterThanOrEqual(3)
})

test('destroying takes the last reading first and says so', async () => {
  await play('destroyed')
  const told = ofBox('destroyed')
  const states = told.filter(({ name }) => name === event.lifecycleChanged)
  expect(states.map(({ attributes }) => attributes[attr.lifecycleState])).toEqual([
    'starting',
    'started',
    'destroyed',
  ])
  expect(Number(states[1]?.attributes[attr.startupDuration])).toBeGreaterThan(0)
  const usage = told.filter(({ name }) => name === event.usageMeasured)
  expect(sum(numbers(usage, attr.cpuTime))).toBeGreaterThan(0.3)
})

test('an entry process that fails is told with its exit code', async () => {
  await play('exits', { start: ['sh', '-c', 'sleep 0.5; exit 7'] })
  const last = ofBox('exits').findLast(({ name }) => name === event.lifecycleChanged)
  expect(last?.attributes).toMatchObject({ [attr.lifecycleState]: 'failed', [attr.exitCode]: 7 })
})

test('an evicted object goes on with its chain and counts on: the next container is the next generation', async () => {
  await play('destroyed', { box: 'evicted' })
  await workerd.ask('/', { play: 'evict', box: 'evicted' })
  expect(await play('one', { box: 'evicted' })).toBe(2)
  const told = ofBox('evicted')
  expect(new Set(told.map(({ attributes }) => attributes[attr.auditEpoch])).size).toBe(1)
  const second = told.filter(
    ({ name, attributes }) => name === event.usageMeasured && attributes[attr.sandboxGeneration] === 2,
  )
  expect(numbers(second, attr.usageSequence)[0]).toBe(1)
})

test.each(['json', 'protobuf'])('%s carries the same', async (encoding) => {
  await play('one', { box: `as-${encoding}`, encoding })
  const command = receiver.spans.find(
    ({ name, attributes }) => name === 'echo' && attributes[attr.sandboxName] === `as-${encoding}`,
  )
  expect(command?.attributes).toMatchObject({
    [attr.commandLine]: 'echo x',
    [attr.exitCode]: 0,
    [attr.teamId]: 'payments',
  })
  expect(command?.traceId).toMatch(/^[\da-f]{32}$/)
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf'
  expect(receiver.requests.some(({ headers }) => headers['content-type'] === type)).toBe(true)
})

test('all events keep the contract, and every chain holds', () => {
  expect(receiver.events.length).toBeGreaterThan(100)
  expect(receiver.problems()).toEqual([])
  expect(chainProblems(receiver.events)).toEqual([])
})

test('no span was sent twice', () => {
  const ids = receiver.spans.map(({ spanId }) => spanId)
  expect(new Set(ids).size).toBe(ids.length)
})
