import { existsSync } from 'node:fs'

import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { startAgentWorker } from './local.ts'
import type { AgentRunResult, AgentWorker } from './local.ts'
import { createGovernorClient } from './testing/governor-client.ts'
import { startOtlpSink } from './testing/otlp-sink.ts'
import type { OtlpSink } from './testing/otlp-sink.ts'
import type { SpanSeen } from './testing/otlp-decode.ts'

const GOVERNOR_SECRET = 'a-secret-of-the-governor-of-these-tests'

let sink: OtlpSink
let worker: AgentWorker
beforeAll(async () => {
  sink = await startOtlpSink()
  worker = await startAgentWorker({
    otlpEndpoint: sink.url,
    governorSecret: GOVERNOR_SECRET,
    meterIntervalMs: 300,
  })
})
afterAll(async () => {
  await worker.stop()
  await sink.stop()
})

function values(
  seen: readonly { readonly attributes: Readonly<Record<string, unknown>> }[],
  name: string,
): unknown[] {
  return seen.map(({ attributes }) => attributes[name]).filter((value) => value !== undefined)
}

function toolSpans(taskId: string, tool: string): SpanSeen[] {
  return sink.spans(taskId).filter(({ name }) => name === `execute_tool ${tool}`)
}

describe('the code fix', () => {
  let result: AgentRunResult
  beforeAll(async () => {
    result = await worker.runAgent('code-fix', { taskId: 'fix-1' })
  })

  test('turns failing tests into passing ones and opens a change with the commit it made', () => {
    expect(result).toMatchObject({ outcome: 'success', facts: { testsFixed: 2 } })
    const [change] = sink.events(event.changeLinked, 'fix-1')
    expect(change?.attributes).toMatchObject({
      [attr.changeId]: 'shop#42',
      [attr.commitSha]: result.facts['commit'],
    })
  })

  test('runs the tests twice: the first time they fail, the second time they pass', () => {
    const runs = sink
      .spans('fix-1')
      .filter(({ attributes }) => String(attributes[attr.commandLine]).includes('--test'))
    expect(values(runs, attr.exitCode)).toEqual([1, 0])
    expect(runs.map(({ statusCode }) => statusCode === 2)).toEqual([true, false])
  })

  test('ends its server with a signal, and the span says how it exited', () => {
    const server = sink
      .spans('fix-1')
      .find((span) => span.attributes[attr.commandLine] === 'node src/server.js')
    expect(server?.attributes[attr.exitCode]).toBe(143)
  })

  test('calls three tools inside another at once', () => {
    const [outer] = toolSpans('fix-1', 'investigate')
    const inner = [...toolSpans('fix-1', 'read_file'), ...toolSpans('fix-1', 'search')]
    expect(values(inner, attr.toolParentCallId)).toEqual(Array(3).fill(outer?.attributes[attr.toolCallId]))
    expect(inner.every(({ startMs }) => inner.every(({ endMs }) => startMs <= endMs))).toBe(true)
  })

  test('the file it changed is known with the prompt that led there', () => {
    const mutated = sink.events(event.fileMutated, 'fix-1')
    const changed = mutated.find(
      ({ attributes }) =>
        String(attributes[attr.filePath]).endsWith('src/cart.js') &&
        attributes[attr.fileOperation] === 'modify',
    )
    expect(changed?.attributes[attr.promptId]).toBeTruthy()
    expect(changed?.attributes[attr.toolName]).toBe('edit_file')
  })

  test('its model usage is an estimate that grows with the conversation', () => {
    const usage = sink.events(event.inferenceMeasured, 'fix-1')
    expect(usage.length).toBeGreaterThanOrEqual(4)
    expect(new Set(values(usage, attr.chargeSource))).toEqual(new Set(['estimate']))
    const inputs = values(usage, attr.inputTokens).map(Number)
    expect(inputs).toEqual(inputs.toSorted((a, b) => a - b))
  })
})

test('the transform gives the one right report, from shards done in parallel', async () => {
  const result = await worker.runAgent('transform', { taskId: 'transform-1' })
  const shards = toolSpans('transform-1', 'summarise_shard')
  expect(result.outcome).toBe('success')
  expect(shards).toHaveLength(4)
  expect(shards.every(({ startMs }) => shards.every(({ endMs }) => startMs <= endMs))).toBe(true)
  const [artifact] = sink.events(event.artifactProduced, 'transform-1')
  expect(artifact?.attributes[attr.artifactSha256]).toBe(result.facts['sha256'])
  expect(sink.events(event.inferenceMeasured, 'transform-1')).toEqual([])
})

describe('the untrusted prompt', () => {
  let result: AgentRunResult
  beforeAll(async () => {
    result = await worker.runAgent('untrusted-prompt', { taskId: 'triage-1', overrideLifeMs: 700 })
  })

  test('is denied, overridden, and denied again once the override has ended', () => {
    expect(result).toMatchObject({
      outcome: 'success',
      facts: {
        secretDenied: true,
        exfiltrationDenied: true,
        manifestDenied: true,
        deniedAgain: true,
        changed: true,
      },
    })
  })

  test('asks for two secrets: one is denied, one allowed, and no value of either is ever sent', () => {
    const accesses = sink.events(event.secretAccessed, 'triage-1')
    const outcomes = accesses.map(({ attributes }) => [
      attributes[attr.secretName],
      attributes[attr.secretOutcome],
    ])
    expect(outcomes).toEqual([
      ['PROD_DEPLOY_KEY', 'denied'],
      ['REGISTRY_TOKEN', 'allowed'],
    ])
    expect(values(accesses, attr.secretRule)).toEqual(['no-production-secrets', 'registry-read'])
    for (const secret of Object.values(worker.secrets)) expect(sink.holds(secret)).toBe(false)
  })

  test('the manifest is blocked, let through by an override with a ticket, seen to have changed, and blocked again', () => {
    const judged = sink
      .events(event.policyEvaluated, 'triage-1')
      .filter(({ attributes }) => attributes[attr.policySubject] === '/workspace/deploy/checkout.yaml')
    expect(values(judged, attr.policyAction)).toEqual(['blocked', 'allowed', 'allowed', 'blocked'])
    const [overridden] = sink.events(event.policyOverridden, 'triage-1')
    expect(overridden?.attributes).toMatchObject({
      [attr.ticket]: 'OPS-1042',
      [attr.actorId]: 'u_77d0',
      [attr.approverId]: 'u_3e19',
    })
    expect(judged[1]?.attributes[attr.overrideId]).toBe(overridden?.attributes[attr.overrideId])
    expect(sink.events(event.overrideEnded, 'triage-1')).toHaveLength(1)
  })

  test('its repository was checked out by the platform, in a task of its own that breaks no rule', () => {
    const checkout = sink.events(event.fileMutated, 'triage-1-checkout')
    expect(values(checkout, attr.filePath)).toContain('/workspace/deploy/checkout.yaml')
    expect(new Set(values(checkout, attr.tier))).toEqual(new Set(['A']))
    expect(values(sink.events(event.policyEvaluated, 'triage-1-checkout'), attr.policyVerdict)).not.toContain(
      'deny',
    )
  })

  test('the rewritten manifest is known as a manifest, with its prompt and its task', () => {
    const rewrites = sink
      .events(event.fileMutated, 'triage-1')
      .filter(({ attributes }) => attributes[attr.filePath] === '/workspace/deploy/checkout.yaml')
    const [manifest] = rewrites
    expect(values(rewrites, attr.fileOperation)).toEqual(['modify'])
    expect(manifest?.attributes).toMatchObject({ [attr.fileCategory]: 'manifest', [attr.tier]: 'C' })
    expect(manifest?.attributes[attr.promptId]).toBeTruthy()
  })
})

test('the burning agent spends until it is suspended, is refused then, and goes on where it was once resumed', async () => {
  const governor = createGovernorClient(worker.url, GOVERNOR_SECRET)
  const burning = worker.runAgent('burn', { taskId: 'burn-1', sandboxName: 'burner' })
  const sandboxId = await vi.waitFor(
    () => {
      const spent = sink
        .events(event.usageMeasured, 'burn-1')
        .filter(({ attributes }) => Number(attributes[attr.cpuTime]) > 0.2)
      expect(spent.length).toBeGreaterThan(2)
      return String(spent[0]?.attributes[attr.sandboxId])
    },
    { timeout: 30_000, interval: 50 },
  )
  expect(await governor.suspend(sandboxId)).toMatchObject({ result: 'applied', phase: 'suspended' })
  expect(await burning).toMatchObject({ outcome: 'suspended', sandboxId })
  expect(worker.containers().filter(({ state }) => state === 'running')).toEqual([])
  const again = { sandboxName: 'burner', attempt: 2, retryOf: 'burn-1' }
  expect(await worker.runAgent('burn', { taskId: 'burn-2', ...again })).toMatchObject({ outcome: 'refused' })
  expect(await governor.resume(sandboxId)).toMatchObject({ result: 'applied', phase: 'awake' })
  const resumed = await worker.runAgent('burn', { taskId: 'burn-3', ...again })
  expect(resumed).toMatchObject({ outcome: 'failure', facts: { continued: true } })
  const states = values(sink.events(event.lifecycleChanged), attr.lifecycleState)
  expect(states).toEqual(expect.arrayContaining(['suspended', 'resumed']))
  expect(sink.events(event.snapshotRestored)).toHaveLength(1)
}, 60_000)

test('a sandbox that works on one task refuses another', async () => {
  const first = worker.runAgent('burn', { sandboxName: 'busy', burnSecondsMax: 1 })
  await vi.waitFor(() => expect(worker.containers()).not.toEqual([]))
  const second = await worker.runAgent('transform', { sandboxName: 'busy' })
  expect(second).toMatchObject({ outcome: 'refused', facts: { reason: 'busy' } })
  await first
})

test('a burning agent that nobody stops gives up by itself', async () => {
  const result = await worker.runAgent('burn', { burnSecondsMax: 1 })
  expect(result).toMatchObject({ outcome: 'failure', facts: { rounds: 1, continued: false } })
})

test('an agent that does not exist is refused with the names of those that do', async () => {
  const response = await fetch(new URL('/tasks', worker.url), { method: 'POST', body: '{"agent":"nobody"}' })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('code-fix, transform, untrusted-prompt, burn')
})

test('every span and event was acknowledged once, and no container is left', async () => {
  const sent = await worker.drain()
  expect(sent).toMatchObject({ spansDropped: 0, eventsDropped: 0, pending: 0, internalErrors: 0 })
  expect(sent.spansAcked).toBe(sent.spansEnded)
  expect(sent.spansAcked).toBe(sink.spans().length)
  expect(sent.eventsAcked).toBe(sink.eventCount())
  expect(worker.containers()).toEqual([])
})

test('stopping leaves no process and no directory', async () => {
  const other = await startAgentWorker({ otlpEndpoint: sink.url, governorSecret: GOVERNOR_SECRET })
  const running = other.runAgent('burn').catch(() => {})
  const directory = await vi.waitFor(() => {
    const [container] = other.containers()
    expect(container?.cpuSeconds).toBeGreaterThan(0)
    return container?.directory ?? ''
  })
  await other.stop()
  await running
  expect(existsSync(directory)).toBe(false)
  await expect(fetch(other.url)).rejects.toThrow('fetch failed')
})
