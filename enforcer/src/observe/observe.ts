/** Observation: one look at everything a tick decides on. What cannot be read keeps its last value, and is named. */
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import type { ListReply } from '@sandglass/schemas/governor'
import type { Memory } from '../memory.ts'
import type { Rule } from '../rules.ts'
import { overridesOf, type Overrides } from './overrides.ts'
import type { OverrideRow, Reader, SandboxRow } from './reader.ts'
import type { ReadSpend, SpendReading } from './spend.ts'
import { boundsOf, type Bounds } from './window.ts'

/** The sides the enforcer looks at. */
export interface Sights {
  readonly reader: Reader
  readonly readSpend: ReadSpend
  /** What the governor has in force; absent without a governor. */
  readonly list?: (() => Promise<ListReply>) | undefined
  readonly memory: Memory
  readonly now: () => number
}

export interface RuleReading {
  readonly rule: Rule
  readonly bounds: Bounds
  /** Null when it could not be read. */
  readonly reading: SpendReading | null
  /** Spend of the last while, for a forecast. */
  readonly recent: { readonly long: SpendReading; readonly short: SpendReading } | null
}

export interface Observation {
  readonly nowMs: number
  readonly watermarkMs: number | null
  readonly staleMs: number
  readonly readings: readonly RuleReading[]
  readonly sandboxes: readonly SandboxRow[]
  readonly overrides: Overrides
  /** Null when the governor could not be asked. */
  readonly held: ListReply | null
  /** What could not be read, by name, with the cause. */
  readonly failures: readonly { readonly what: string; readonly cause: string }[]
}

/** Answers kept for when there is none. */
export interface LastAnswers {
  watermarkMs: number | null
  sandboxes: readonly SandboxRow[]
  overrides: readonly OverrideRow[]
  /** Everything decided before was read. */
  standingsReadMs: number
  readonly startedMs: number
}

const HOUR_MS = 3_600_000
/** Decisions are read again so far back: they arrive late, and clocks differ. */
const STANDINGS_OVERLAP_MS = 10 * 60_000
/** Overrides stay in sight so long after they expired, for their end to be recorded. */
const OVERRIDE_SIGHT_MS = HOUR_MS

export async function observe(
  sights: Sights,
  last: LastAnswers,
  document: BudgetDocument,
  rules: readonly Rule[],
): Promise<Observation> {
  const nowMs = sights.now()
  const failures: { what: string; cause: string }[] = []
  const attempt = async <T>(what: string, run: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      failures.push({ what, cause: error instanceof Error ? error.message : String(error) })
      return otherwise
    }
  }
  const { reader } = sights
  // Before spend: what is read after it holds everything that it promises.
  last.watermarkMs = await attempt('watermark', reader.watermarkMs, last.watermarkMs)
  const [readings, sandboxes, overrides, held] = await Promise.all([
    Promise.all(rules.map(async (rule) => readRule(sights, rule, nowMs, attempt))),
    attempt('sandboxes', reader.sandboxes, last.sandboxes),
    attempt('overrides', async () => reader.overrides(nowMs - OVERRIDE_SIGHT_MS), last.overrides),
    attempt('governor', async () => sights.list?.() ?? null, null),
    attempt('standings', async () => learnStandings(sights, last, nowMs), undefined),
  ])
  if (held !== null) sights.memory.adopt(held)
  last.sandboxes = sandboxes
  last.overrides = overrides
  return {
    nowMs,
    watermarkMs: last.watermarkMs,
    staleMs: nowMs - (last.watermarkMs ?? last.startedMs),
    readings,
    sandboxes,
    overrides: overridesOf(overrides, nowMs, document.overrideFor),
    held,
    failures,
  }
}

async function learnStandings({ reader, memory }: Sights, last: LastAnswers, nowMs: number): Promise<void> {
  const rows = await reader.standings(Math.max(0, last.standingsReadMs - STANDINGS_OVERLAP_MS))
  memory.learn(rows)
  last.standingsReadMs = nowMs
}

type Attempt = <T>(what: string, run: () => Promise<T>, otherwise: T) => Promise<T>

async function readRule(sights: Sights, rule: Rule, nowMs: number, attempt: Attempt): Promise<RuleReading> {
  const bounds = boundsOf(rule.window, nowMs)
  const what = `spend of ${rule.budget.id} over ${rule.windowId}`
  const [reading, recent] = await Promise.all([
    attempt(what, async () => sights.readSpend(rule, bounds), null),
    attempt(`recent ${what}`, async () => readRecent(sights, rule, nowMs), null),
  ])
  return { rule, bounds, reading, recent }
}

async function readRecent(sights: Sights, rule: Rule, nowMs: number): Promise<RuleReading['recent']> {
  const { forecast } = rule.budget
  if (forecast === undefined) return null
  const over = async (length: number): Promise<SpendReading> => {
    const window = { kind: 'rolling', length } as const
    return sights.readSpend({ ...rule, window }, boundsOf(window, nowMs))
  }
  const [long, short] = await Promise.all([over(forecast.longWindow), over(forecast.shortWindow)])
  return { long, short }
}
