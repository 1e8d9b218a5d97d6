/** Random traffic for property tests: segments of events, and the order in which a bad network delivers them. */
import * as fc from 'fast-check'
import { attr, event } from '../semconv.ts'
import type { EventFacts } from './rows.ts'

const MINUTE_MS = 60_000
const SPAN_MINUTES = 3 * 24 * 60

const pick = (prefix: string, count: number): fc.Arbitrary<string> =>
  fc.nat(count - 1).map((n) => `${prefix}_${n}`)

const context = fc.record({
  [attr.teamId]: pick('team', 3),
  [attr.userId]: pick('user', 4),
  [attr.sandboxId]: pick('sandbox', 4),
  [attr.taskId]: pick('task', 5),
  [attr.taskClass]: fc.constantFrom('code_fix', 'transform'),
  [attr.tier]: fc.constantFrom('A', 'B', 'C'),
  [attr.agentName]: pick('agent', 2),
  [attr.costCenter]: pick('cc', 2),
})

const seconds = fc.double({ min: 0, max: 500, noNaN: true })

const usage = fc
  .record({
    [attr.cpuTime]: seconds,
    [attr.memoryTime]: seconds,
    [attr.egressSize]: fc.nat(1_000_000_000),
    [attr.usageTaskIds]: fc.uniqueArray(pick('task', 5), { maxLength: 3 }),
    [attr.sandboxGeneration]: fc.nat(3),
    [attr.usageSequence]: fc.nat(20),
    [attr.timeIdle]: seconds,
    [attr.usageQuality]: fc.constantFrom('measured', 'interpolated'),
  })
  .map((attributes) => ({ name: event.usageMeasured, attributes }))

const inference = fc
  .record({
    [attr.requestModel]: fc.constantFrom('opus-5', 'own-model'),
    [attr.responseId]: pick('response', 50),
    [attr.inputTokens]: fc.nat(100_000),
    [attr.outputTokens]: fc.nat(10_000),
  })
  .map((attributes) => ({ name: event.inferenceMeasured, attributes }))

const correction = fc
  .record({
    [attr.chargeSku]: fc.constantFrom('container.cpu', 'llm.output'),
    [attr.chargeUnit]: fc.constant('vCPU.s'),
    [attr.chargeId]: pick('charge', 50),
    [attr.chargeDifference]: fc.integer({ min: -999_999, max: 999_999 }).map((n) => (n / 1e9).toFixed(9)),
    [attr.chargeQuantityDifference]: fc.integer({ min: -9, max: 9 }).map(String),
  })
  .map((attributes) => ({ name: event.chargeCorrected, attributes }))

const task = fc.oneof(
  fc.constant({ name: event.taskStarted, attributes: { [attr.taskAttempt]: 2 } }),
  fc.constant({ name: event.taskHeartbeat, attributes: {} }),
  fc
    .record({
      [attr.taskOutcome]: fc.constantFrom('success', 'failure'),
      [attr.taskDuration]: seconds,
    })
    .map((attributes) => ({ name: event.taskFinished, attributes })),
)

const other = fc.constantFrom(
  { name: event.fileMutated, attributes: { [attr.filePath]: '/workspace/a.ts' } },
  {
    name: event.secretAccessed,
    attributes: { [attr.secretName]: 'NPM_TOKEN', [attr.secretOutcome]: 'denied' },
  },
  { name: event.lifecycleChanged, attributes: { [attr.lifecycleState]: 'started' } },
)

/** An event; `minutesAgo` spreads it over three days, so segments touch several hours, days and partitions. */
const anyEvent = fc
  .tuple(
    context,
    fc.oneof(usage, usage, inference, correction, task, other),
    fc.nat(SPAN_MINUTES),
    fc.nat(1000),
  )
  .map(([who, { name, attributes }, minutesAgo, auditSequence]) => ({
    name,
    minutesAgo,
    attributes: { ...who, [attr.auditEpoch]: 'e_1', [attr.auditSequence]: auditSequence, ...attributes },
  }))

export interface Delivery {
  /** Segments by number: each is one block under one token. */
  readonly segments: readonly (readonly EventFacts[])[]
  /** Segment numbers in the order they arrive; every one at least once, some again and late. */
  readonly arrivals: readonly number[]
}

/** Segments that arrive in any order, some two or three times, long after they came first. */
export const anyDelivery = (nowMs: number): fc.Arbitrary<Delivery> =>
  fc
    .array(fc.array(anyEvent, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 6 })
    .chain((segments) => {
      const every = segments.map((_, index) => index)
      return fc
        .array(fc.nat(segments.length - 1), { maxLength: 2 * segments.length })
        .chain((again) => {
          const all = [...every, ...again]
          return fc.shuffledSubarray(all, { minLength: all.length })
        })
        .map((arrivals) => ({
          arrivals,
          segments: segments.map((facts) => facts.map((fact) => at(fact, nowMs))),
        }))
    })

interface Undated {
  readonly name: string
  readonly minutesAgo: number
  readonly attributes: Readonly<Record<string, unknown>>
}

function at({ name, minutesAgo, attributes }: Undated, nowMs: number): EventFacts {
  const timeMs = nowMs - minutesAgo * MINUTE_MS
  const interval =
    name === event.usageMeasured ? { [attr.usageStart]: timeMs - 15_000, [attr.usageEnd]: timeMs } : {}
  return { name, timeMs, attributes: { ...attributes, ...interval } }
}
