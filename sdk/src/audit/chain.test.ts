import { attr, event } from '@sandglass/schemas/semconv'
import { expect, test } from 'vitest'
import { QUEUE_EVENTS_MAX } from '../export/limits.ts'
import { createSandglass } from '../index.ts'
import { chainProblems } from '../testing/chain.ts'
import { createMemoryContainer } from '../testing/memory-container.ts'
import { createMemoryState } from '../testing/memory-state.ts'
import { startOtlpReceiver } from '../testing/otlp-receiver.ts'

const spec = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const

test('the events of a sandbox are one chain over isolates; what is cut, changed or forked shows', async () => {
  const receiver = await startOtlpReceiver()
  const state = createMemoryState()
  for (let isolate = 0; isolate < 3; isolate++) {
    const sandglass = createSandglass({ serviceName: 's', endpoint: receiver.url, state, flushIntervalMs: 0 })
    sandglass.container(createMemoryContainer(), { sandboxId: 'box', meterIntervalMs: 0 })
    await sandglass.task(spec, () => {})
    await sandglass.flush()
  }
  const { events } = receiver
  await receiver.stop()
  expect(events.map(({ attributes }) => attributes[attr.auditSequence])).toEqual([1, 2, 3, 4, 5, 6])
  expect(chainProblems(events)).toEqual([])

  const cut = events.filter((_, index) => index !== 2)
  expect(chainProblems(cut).join('\n')).toContain('2 is followed by 4')
  const changed = events.map((seen, index) =>
    index === 3 ? { ...seen, attributes: { ...seen.attributes, [attr.teamId]: 'another' } } : seen,
  )
  expect(chainProblems(changed)).toEqual([expect.stringContaining('the hash of 4 is wrong')])
  const forked = [...events, events[5]].flatMap((seen) => seen ?? [])
  expect(chainProblems(forked).length).toBeGreaterThan(0)
})

test('a state that was lost begins a new epoch, so that nobody takes it for the old chain', async () => {
  const receiver = await startOtlpReceiver()
  for (const state of [createMemoryState(), createMemoryState()]) {
    const sandglass = createSandglass({ serviceName: 's', endpoint: receiver.url, state, flushIntervalMs: 0 })
    sandglass.container(createMemoryContainer(), { sandboxId: 'box', meterIntervalMs: 0 })
    await sandglass.task(spec, () => {})
    await sandglass.flush()
  }
  await receiver.stop()
  const epochs = new Set(receiver.events.map(({ attributes }) => attributes[attr.auditEpoch]))
  expect(epochs.size).toBe(2)
  expect(chainProblems(receiver.events)).toEqual([])
})

test('events that were dropped leave a gap in the chain', async () => {
  const receiver = await startOtlpReceiver()
  const sandglass = createSandglass({
    serviceName: 's',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    onDiagnostic() {},
  })
  sandglass.container(createMemoryContainer(), { sandboxId: 'box', meterIntervalMs: 0 })
  for (let count = 0; count < QUEUE_EVENTS_MAX + 10; count++) sandglass.event(event.configChanged, {})
  const { eventsDropped } = await sandglass.flush()
  sandglass.event(event.configChanged, {})
  await sandglass.flush()
  const { events } = receiver
  await receiver.stop()
  expect(eventsDropped).toBeGreaterThanOrEqual(10)
  expect(events.at(-1)?.attributes[attr.auditSequence]).toBe(events.length + eventsDropped)
})
