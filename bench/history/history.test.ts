import { eventProblems } from '@sandglass/schemas/events'
import { attr, event } from '@sandglass/schemas/semconv'
import { beforeAll, describe, expect, it } from 'vitest'
import { history, type Batch } from './history.ts'

const options = { seed: 3, spans: 20_000, startMs: Date.UTC(2026, 10, 1), durationMs: 6 * 3_600_000 }
let batches: readonly Batch[]
beforeAll(() => {
  batches = [...history(options)]
})

const events = () => batches.flatMap((batch) => batch.events)
const spans = () => batches.flatMap((batch) => batch.spans)

describe('a generated history', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(JSON.stringify([...history(options)])).toBe(JSON.stringify(batches))
    expect(JSON.stringify([...history({ ...options, seed: 4 })])).not.toBe(JSON.stringify(batches))
  })

  it('keeps the telemetry contract in every shape of event', () => {
    const shapes = new Map(
      events().map(({ name, attributes }) => [
        `${name} ${Object.keys(attributes).join()}`,
        { name, attributes },
      ]),
    )
    const problems = new Set(
      [...shapes.values()].flatMap(({ name, attributes }) => eventProblems(name, attributes)),
    )
    expect([...problems]).toEqual([])
  })

  it('has teams, classes, tiers, failures, retries, incidents and idle time', () => {
    const values = (name: string) => new Set(events().map(({ attributes }) => attributes[name]))
    expect(values(attr.teamId).size).toBeGreaterThanOrEqual(10)
    expect([...values(attr.tier)]).toEqual(expect.arrayContaining(['A', 'B', 'C']))
    expect([...values(attr.taskOutcome)]).toEqual(expect.arrayContaining(['success', 'failure']))
    expect([...values(attr.taskAttempt)]).toEqual(expect.arrayContaining([1, 2]))
    const names = new Set(events().map(({ name }) => name))
    expect([...names]).toEqual(
      expect.arrayContaining([
        event.secretAccessed,
        event.changeReverted,
        event.budgetDecided,
        event.enforcementActed,
      ]),
    )
    expect(events().some(({ attributes }) => Number(attributes[attr.timeIdle]) > 0)).toBe(true)
  })

  it('ties every command to a span, a tool call and a prompt of its task', () => {
    const ids = new Set(spans().map(({ spanId }) => spanId))
    const commands = spans().filter(({ attributes }) => attributes[attr.commandLine] !== undefined)
    expect(commands.length).toBeGreaterThan(5000)
    expect(commands.every(({ parentSpanId }) => ids.has(parentSpanId))).toBe(true)
    expect(
      commands.every(
        ({ attributes }) =>
          attributes[attr.toolCallId] !== undefined && attributes[attr.promptId] !== undefined,
      ),
    ).toBe(true)
  })

  it('brings data out of order, and some of it twice', () => {
    const starts = batches.map(({ events }) => events[0]?.timeMs ?? 0)
    expect(starts.some((ms, index) => index > 0 && ms < (starts[index - 1] ?? 0) - 3_600_000)).toBe(true)
    const keys = events().map(
      ({ attributes }) => `${String(attributes[attr.sandboxId])} ${String(attributes[attr.auditSequence])}`,
    )
    expect(new Set(keys).size).toBeLessThan(keys.length)
  })
})
