import { verdicts } from '@sandglass/schemas/governor'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import { inputsSchema, severity, type Inputs, type Standing } from './decision.ts'
import { anyInputs, ordinary, standing } from './testing/inputs.ts'

const tiers = ['A', 'B', 'C'] as const
const given = (over: Partial<Inputs>): Inputs => ({ ...ordinary, ...over })
const verdictOf = (over: Partial<Inputs>): string => {
  const { verdict, reason } = decide(given(over))
  return `${verdict} ${reason}`
}
const overrideFor = (over: object = {}): Inputs['override'] => ({
  id: 'ovr_1',
  actor: 'u_1',
  approver: 'u_2',
  reason: 'incident',
  ticket: 'OPS-1',
  expiresAtMs: ordinary.nowMs + 1,
  ...over,
})

test.each([
  ['15.99', 'ok within_limit'],
  ['16', 'warn spend_over_warn'],
  ['18', 'throttle spend_over_throttle'],
  ['19', 'drain spend_over_drain'],
  ['19.999999999', 'drain spend_over_drain'],
  ['20', 'suspend spend_over_suspend'],
])('spend of %s of 20 is %s', (spend, expected) => {
  expect(verdictOf({ spend })).toBe(expected)
})

test.each([
  ['suspend', '19.5', 'suspend hysteresis'],
  ['suspend', '19', 'drain spend_over_drain'],
  ['suspend', '18.41', 'drain hysteresis'],
  ['suspend', '18.4', 'throttle spend_over_throttle'],
  ['warn', '15.5', 'warn hysteresis'],
  ['warn', '15', 'ok within_limit'],
  ['ok', '15.5', 'ok within_limit'],
] as const)('from %s, spend of %s of 20 is %s', (before, spend, expected) => {
  expect(verdictOf({ before: standing(before), spend })).toBe(expected)
})

test('a verdict lasts its dwell, also when the clock goes back', () => {
  const before = standing('suspend', { sinceMs: ordinary.nowMs - ordinary.dwellMs + 1 })
  expect(verdictOf({ before })).toBe('suspend dwell')
  expect(verdictOf({ before, nowMs: ordinary.nowMs + 1 })).toBe('ok within_limit')
  expect(verdictOf({ before: standing('suspend', { sinceMs: ordinary.nowMs + 3_600_000 }) })).toBe(
    'suspend dwell',
  )
})

test('stale spend holds; after the stated time each tier gets its failure mode, and none is relaxed', () => {
  expect(verdictOf({ staleMs: 30_001, before: standing('warn') })).toBe('warn stale_hold')
  expect(decide(given({ staleMs: 900_001, before: standing('warn') }))).toMatchObject({
    verdict: 'warn',
    reason: 'stale_failure_mode',
    tiers: { A: 'warn', B: 'throttle', C: 'suspend' },
  })
  expect(decide(given({ staleMs: 900_001, before: standing('suspend') })).tiers.A).toBe('suspend')
})

test('stale spend over the limit still closes when spend can only have grown', () => {
  expect(verdictOf({ staleMs: 60_000, spend: '21' })).toBe('suspend spend_over_suspend')
  expect(verdictOf({ staleMs: 60_000, spend: '21', spendOnlyGrows: false })).toBe('ok stale_hold')
})

test('spend that cannot be read holds what was', () => {
  expect(verdictOf({ spend: null, before: standing('drain') })).toBe('drain spend_unreadable')
})

test('an override lifts until it expires, then the verdict returns as a new episode with a new key', () => {
  const before = standing('suspend')
  const lifted = decide(given({ before, spend: '25', override: overrideFor() }))
  expect(lifted).toMatchObject({ verdict: 'ok', reason: 'override_active', transition: true })
  expect(lifted.after.episode).toBe(4)
  const later = given({
    before: lifted.after,
    spend: '25',
    override: overrideFor(),
    nowMs: ordinary.nowMs + 2,
  })
  const returned = decide(later)
  expect(returned).toMatchObject({ verdict: 'suspend', reason: 'spend_over_suspend', transition: true })
  expect(returned.after.episode).toBe(5)
  expect(returned.after.action).not.toBe(before.action)
})

test('without a second person an override does not lift the untrusted tier', () => {
  const before = standing('suspend')
  for (const approver of ['', 'u_1'])
    expect(decide(given({ before, spend: '25', override: overrideFor({ approver }) })).tiers).toEqual({
      A: 'ok',
      B: 'ok',
      C: 'suspend',
    })
})

test('a pause holds what was, and ends by itself', () => {
  const pause = { id: 'ovr_2', actor: 'u_1', expiresAtMs: ordinary.nowMs + 1 }
  expect(verdictOf({ pause, spend: '25' })).toBe('ok paused')
  expect(verdictOf({ pause, spend: '25', nowMs: ordinary.nowMs + 1 })).toBe('suspend spend_over_suspend')
})

test('a forecast warns and throttles', () => {
  const forecastWithin = { warnMs: 3_600_000, throttleMs: 600_000 }
  expect(verdictOf({ exhaustedInMs: 3_000_000, forecastWithin })).toBe('warn forecast_over_warn')
  expect(verdictOf({ exhaustedInMs: 300_000, forecastWithin })).toBe('throttle forecast_over_throttle')
})

const inForce = ({ override, nowMs }: Inputs): boolean => override !== null && nowMs < override.expiresAtMs
const isPaused = ({ pause, nowMs }: Inputs): boolean => pause !== null && nowMs < pause.expiresAtMs

test('over the hard limit always closes, for every tier, whatever came before', () => {
  fc.assert(
    fc.property(anyInputs, (inputs) => {
      fc.pre(!inForce(inputs) && !isPaused(inputs) && Number(inputs.spend) >= 20)
      fc.pre(inputs.spendOnlyGrows || inputs.staleMs <= inputs.stale.afterMs)
      expect(decide(inputs)).toMatchObject({
        verdict: 'suspend',
        tiers: { A: 'suspend', B: 'suspend', C: 'suspend' },
      })
    }),
    { numRuns: 1000 },
  )
})

test('nothing relaxes inside its dwell, unless a person says so', () => {
  fc.assert(
    fc.property(anyInputs, (inputs) => {
      fc.pre(!inForce(inputs) && inputs.nowMs - inputs.before.sinceMs < inputs.dwellMs)
      const { tiers: after } = decide(inputs)
      for (const tier of tiers)
        expect(severity(after[tier])).toBeGreaterThanOrEqual(severity(inputs.before.tiers[tier]))
    }),
    { numRuns: 1000 },
  )
})

test('staleness by itself neither relaxes nor tightens before the stated time', () => {
  fc.assert(
    fc.property(anyInputs, (inputs) => {
      fc.pre(!inForce(inputs) && !inputs.spendOnlyGrows)
      fc.pre(inputs.staleMs > inputs.stale.afterMs && inputs.staleMs <= inputs.stale.failAfterMs)
      expect(decide(inputs)).toMatchObject({
        verdict: inputs.before.verdict,
        tiers: inputs.before.tiers,
        transition: false,
      })
    }),
    { numRuns: 1000 },
  )
})

test('a forecast never stops anything', () => {
  fc.assert(
    fc.property(anyInputs, fc.constantFrom('ok' as const, 'warn' as const), (inputs, before) => {
      const calm = {
        ...inputs,
        before: standing(before),
        spend: '1',
        staleMs: 0,
        override: null,
        pause: null,
      }
      expect(severity(decide(calm).verdict)).toBeLessThanOrEqual(severity('throttle'))
    }),
  )
})

test('a decision is recomputed from its record, and one key is one transition', () => {
  fc.assert(
    fc.property(anyInputs, (inputs) => {
      const decision = decide(inputs)
      expect(decide(inputsSchema.parse(JSON.parse(JSON.stringify(inputs))))).toEqual(decision)
      expect(decision.after.episode - inputs.before.episode).toBe(decision.transition ? 1 : 0)
      expect(decision.after.action === inputs.before.action).toBe(!decision.transition)
    }),
    { numRuns: 1000 },
  )
})

/** What happens to an enforcer from one tick to the next. */
interface Tick {
  readonly jumpMs: number
  readonly spent: number
  readonly staleMs: number
  readonly lost: boolean
  readonly doubled: boolean
}
const anyTick: fc.Arbitrary<Tick> = fc.record({
  jumpMs: fc.oneof({ weight: 8, arbitrary: fc.constant(1000) }, fc.integer({ min: -600_000, max: 600_000 })),
  spent: fc.nat(300),
  staleMs: fc.oneof({ weight: 4, arbitrary: fc.nat(2000) }, fc.nat(1_000_000)),
  lost: fc.boolean(),
  doubled: fc.boolean(),
})

test('over a life of clock jumps, lost records, doubled calls and stale spend, the hard limit holds and episodes only grow', () => {
  fc.assert(
    fc.property(fc.array(anyTick, { minLength: 5, maxLength: 60 }), (ticks) => {
      let [before, nowMs, cents] = [standing('ok', { episode: 0, action: '' }), ordinary.nowMs, 0]
      const keys = new Map<number, string>()
      for (const tick of ticks) {
        nowMs += tick.jumpMs
        cents += tick.spent
        const inputs = given({ nowMs, before, spend: String(cents / 100), staleMs: tick.staleMs })
        const decision = decide(inputs)
        expect(tick.doubled ? decide(inputs).after.action : decision.after.action).toBe(decision.after.action)
        expect(cents < 2000 || decision.verdict === 'suspend').toBe(true)
        expect(verdicts).toContain(decision.verdict)
        if (tick.lost) continue
        before = remember(decision.after, keys)
      }
    }),
    { numRuns: 500 },
  )
})

function remember(after: Standing, keys: Map<number, string>): Standing {
  expect(keys.get(after.episode) ?? after.action).toBe(after.action)
  keys.set(after.episode, after.action)
  return after
}
