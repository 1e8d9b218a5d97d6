/** Inputs of decisions for tests: an ordinary one, and arbitrary ones. */
import { verdicts, type Verdict } from '@sandglass/schemas/governor'
import * as fc from 'fast-check'
import { initialStanding, type Inputs, type Standing } from '../decision.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.parse('2026-11-23T12:00:00Z')

export const ordinary: Inputs = {
  nowMs: NOW_MS,
  budget: 'payments-daily',
  version: '0123456789abcdef',
  window: 'calendar:day@UTC',
  windowStartMs: Date.parse('2026-11-23T00:00:00Z'),
  windowEndMs: Date.parse('2026-11-24T00:00:00Z'),
  scope: 'team=payments',
  metric: 'cost',
  mode: 'enforce',
  spend: '1',
  limit: '20',
  spendOnlyGrows: true,
  staleMs: 500,
  watermarkMs: NOW_MS - 500,
  thresholds: {
    warn: { enter: 80, exit: 75 },
    throttle: { enter: 90, exit: 85 },
    drain: { enter: 95, exit: 92 },
    suspend: { enter: 100, exit: 95 },
  },
  dwellMs: 300_000,
  stale: { afterMs: 30_000, failAfterMs: 900_000, tiers: { A: 'ok', B: 'throttle', C: 'suspend' } },
  exhaustedInMs: null,
  forecast: null,
  forecastWithin: { warnMs: null, throttleMs: null },
  before: initialStanding,
  override: null,
  pause: null,
}

export const standing = (verdict: Verdict, over: Partial<Standing> = {}): Standing => ({
  ...initialStanding,
  verdict,
  tiers: { A: verdict, B: verdict, C: verdict },
  sinceMs: NOW_MS - HOUR_MS,
  episode: 3,
  action: 'k3',
  ...over,
})

const verdict = fc.constantFrom(...verdicts)
const byTier = fc.record({ A: verdict, B: verdict, C: verdict })
const ms = fc.integer({ min: -HOUR_MS, max: 48 * HOUR_MS })

const anyStanding: fc.Arbitrary<Standing> = fc.record({
  verdict,
  reason: fc.constantFrom('within_limit', 'override_active', 'spend_over_suspend'),
  tiers: byTier,
  sinceMs: ms.map((ago) => NOW_MS - ago),
  episode: fc.nat(100),
  action: fc.string({ maxLength: 8 }),
})

const anyOverride = fc.record({
  id: fc.constant('ovr_1'),
  actor: fc.constant('u_1'),
  approver: fc.constantFrom('', 'u_1', 'u_2'),
  reason: fc.constant('incident'),
  ticket: fc.constant('OPS-1'),
  expiresAtMs: ms.map((ahead) => NOW_MS + ahead),
})

const anyPause = fc.record({
  id: fc.constant('ovr_2'),
  actor: fc.constant('u_1'),
  expiresAtMs: ms.map((ahead) => NOW_MS + ahead),
})

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3 })

export const anyInputs: fc.Arbitrary<Inputs> = fc
  .record({
    mode: fc.constantFrom('enforce' as const, 'shadow' as const),
    spend: fc.option(
      fc.integer({ min: 0, max: 4000 }).map((cents) => String(cents / 100)),
      { freq: 8 },
    ),
    spendOnlyGrows: fc.boolean(),
    staleMs: fc.oneof(fc.integer({ min: -1000, max: 30_000 }), fc.integer({ min: 0, max: 2_000_000 })),
    dwellMs: fc.integer({ min: 0, max: 2 * HOUR_MS }),
    exhaustedInMs: maybe(fc.integer({ min: 0, max: HOUR_MS })),
    forecastWithin: fc.record({ warnMs: maybe(fc.nat(HOUR_MS)), throttleMs: maybe(fc.nat(HOUR_MS)) }),
    before: anyStanding,
    override: maybe(anyOverride),
    pause: maybe(anyPause),
  })
  .map((some) => ({ ...ordinary, ...some }))
