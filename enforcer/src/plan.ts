/**
 * The plan: what differs between the verdicts in force here and what the governor has in force, as actions. Pure.
 * It is made anew every tick from the desired state, so that whatever was lost on the way heals by itself.
 */
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import type {
  Hold,
  ListReply,
  ResumeRequest,
  SandboxEntry,
  SuspendRequest,
  Tier,
  Verdict,
  VerdictRequest,
} from '@sandglass/schemas/governor'
import { scopeCovers, type Scope } from '@sandglass/schemas/governor/scope'
import { severity, stricter, subjectKey, uniform, type Inputs, type Standing } from './decision.ts'
import type { Subject } from './memory.ts'
import type { SandboxRow } from './observe/reader.ts'
import type { Rule } from './rules.ts'

/** A subject and the recorded decision that stands. */
export interface Ruling {
  readonly rule: Rule
  readonly subject: Subject
  readonly scope: Scope
  readonly standing: Standing
  readonly decisionId: string
  readonly windowEndMs: number | null
  readonly override: Inputs['override']
}

export type Action = { readonly ruling: Ruling } & (
  | { readonly kind: 'set_verdict'; readonly request: VerdictRequest }
  | { readonly kind: 'suspend'; readonly request: SuspendRequest }
  | { readonly kind: 'resume'; readonly request: ResumeRequest }
)

export interface World {
  readonly nowMs: number
  readonly document: Pick<BudgetDocument, 'protect' | 'blastCap' | 'keepBackups'>
  readonly rulings: readonly Ruling[]
  readonly sandboxes: readonly SandboxRow[]
  readonly held: ListReply
  readonly tenantId: string
  /** Sandboxes that an action is under way for. */
  readonly busy: ReadonlySet<string>
}

export interface Plan {
  readonly actions: readonly Action[]
  /** Suspensions left for later ticks by the blast cap. */
  readonly deferred: number
  /** Suspensions that the protect list forbids. */
  readonly protected: number
  /** Holds of budgets that are not in the document: kept, for a person to look at. */
  readonly orphans: number
}

/** A start so long after its suspension was not the one that the suspension ended. */
const WOKEN_AFTER_MS = 10_000
const TIERS: readonly Tier[] = ['A', 'B', 'C']

export function plan(world: World): Plan {
  const enforced = world.rulings.filter(({ rule }) => rule.budget.mode === 'enforce')
  const suspensions = suspensionsOf(world, enforced)
  const allowed = blastCapOf(world)
  const releases = releasesOf(world)
  return {
    actions: [
      ...verdictsOf(world),
      ...suspensions.again,
      ...suspensions.fresh.slice(0, allowed),
      ...releases.actions,
    ],
    deferred: Math.max(0, suspensions.fresh.length - allowed),
    protected: suspensions.protected,
    orphans: releases.orphans,
  }
}

/** Attributes of a sandbox as a scope would name them. */
export function contextOf(sandbox: SandboxRow, tenantId: string): Scope {
  const { team, cost_center, user, agent, repository, environment, tier, task } = sandbox
  return {
    org: tenantId,
    sandbox: sandbox.sandbox,
    team,
    cost_center,
    user,
    agent,
    repository,
    environment,
    tier,
    task,
    class: sandbox.class,
  }
}

/** The verdict for a sandbox of a tier; the strictest where the tier is not known. */
export function verdictFor({ tiers }: Pick<Standing, 'tiers'>, tier: string | undefined): Verdict {
  const known = TIERS.find((name) => name === tier)
  return known === undefined ? TIERS.map((name) => tiers[name]).reduce(stricter) : tiers[known]
}

function verdictsOf(world: World): readonly Action[] {
  const inForce = new Map(world.held.scopes.map((entry) => [subjectKey(entry), entry]))
  return world.rulings.flatMap((ruling) => {
    // What is pushed to the one sandbox is its verdict already.
    if (ruling.scope.sandbox !== undefined) return []
    const entry = inForce.get(subjectKey(ruling.subject))
    const request = verdictRequest(ruling)
    const isOk = TIERS.every((tier) => request.tiers?.[tier] === 'ok')
    if (entry === undefined ? isOk : entry.key === request.key) return []
    return [{ kind: 'set_verdict', ruling, request } as const]
  })
}

/** A budget in shadow mode takes back what it said before it was in shadow. */
function verdictRequest(ruling: Ruling): VerdictRequest {
  const { rule, standing } = ruling
  const shadow = rule.budget.mode === 'shadow'
  return {
    ...decidedOf(ruling),
    ...(shadow ? { key: `${standing.action}-shadow` } : {}),
    verdict: shadow ? 'ok' : standing.verdict,
    tiers: shadow ? uniform('ok') : standing.tiers,
    remedy: remedyOf(ruling),
  }
}

interface Suspensions {
  /** Begun before and not finished, or undone behind the gate's back. */
  readonly again: readonly Action[]
  /** Untrusted sandboxes first. */
  readonly fresh: readonly Action[]
  readonly protected: number
}

function suspensionsOf(world: World, rulings: readonly Ruling[]): Suspensions {
  const held = new Map(world.held.sandboxes.map((entry) => [entry.sandboxId, entry]))
  const stopping = rulings.filter(({ standing }) => verdictFor(standing, undefined) === 'suspend')
  const wanted = world.sandboxes.flatMap((sandbox) => {
    const context = contextOf(sandbox, world.tenantId)
    const by = stopping.filter(
      ({ scope, standing }) =>
        scopeCovers(scope, context) && verdictFor(standing, sandbox.tier) === 'suspend',
    )
    return by.map((ruling) => ({ sandbox, context, ruling, entry: held.get(sandbox.sandbox) }))
  })
  const missing = wanted.filter(
    ({ sandbox, ruling, entry }) => !world.busy.has(sandbox.sandbox) && lacksHold(sandbox, ruling, entry),
  )
  const open = missing.filter(({ context, ruling }) => !isProtected(world, ruling, context))
  const toAction = ({ sandbox, ruling }: (typeof open)[number]): Action => ({
    kind: 'suspend',
    ruling,
    request: suspendRequest(world, sandbox.sandbox, ruling),
  })
  const [again, fresh] = [
    open.filter(({ entry }) => isStopping(entry)),
    open.filter(({ entry }) => !isStopping(entry)),
  ]
  return {
    again: again.map(toAction),
    fresh: fresh.toSorted((a, b) => b.sandbox.tier.localeCompare(a.sandbox.tier)).map(toAction),
    protected: missing.length - open.length,
  }
}

const isStopping = (entry: SandboxEntry | undefined): boolean => entry !== undefined && entry.holds.length > 0

function lacksHold(
  sandbox: SandboxRow,
  { subject, standing }: Ruling,
  entry: SandboxEntry | undefined,
): boolean {
  const hold = entry?.holds.find((candidate) => subjectKey(candidate) === subjectKey(subject))
  if (entry === undefined || hold === undefined) return sandbox.live
  if (hold.key !== standing.action) return hold.episode < standing.episode
  if (entry.phase !== 'suspended') return true
  return sandbox.live && sandbox.stateSinceMs > hold.decidedAtMs + WOKEN_AFTER_MS
}

function isProtected({ document }: World, { rule }: Ruling, context: Scope): boolean {
  return [...document.protect, ...rule.budget.protect].some((selector) => scopeCovers(selector, context))
}

/** At least the minimum, at most the share of what lives. */
function blastCapOf({ document, sandboxes }: World): number {
  const live = sandboxes.filter((sandbox) => sandbox.live).length
  return Math.max(document.blastCap.minimum, Math.floor((live * document.blastCap.percent) / 100))
}

function releasesOf(world: World): { readonly actions: readonly Action[]; readonly orphans: number } {
  const rulings = new Map(world.rulings.map((ruling) => [subjectKey(ruling.subject), ruling]))
  const sandboxes = new Map(world.sandboxes.map((sandbox) => [sandbox.sandbox, sandbox]))
  const holds = world.held.sandboxes.flatMap((entry) => entry.holds.map((hold) => ({ entry, hold })))
  const ruled = holds.map(({ entry, hold }) => ({ entry, hold, ruling: rulings.get(subjectKey(hold)) }))
  const actions = ruled.flatMap(({ entry, hold, ruling }) => {
    if (ruling === undefined || world.busy.has(entry.sandboxId)) return []
    const sandbox = sandboxes.get(entry.sandboxId)
    return isReleased(world, ruling, hold, sandbox) ? [release(ruling, entry.sandboxId)] : []
  })
  return { actions, orphans: ruled.filter(({ ruling }) => ruling === undefined).length }
}

function isReleased(world: World, ruling: Ruling, hold: Hold, sandbox: SandboxRow | undefined): boolean {
  if (ruling.rule.budget.mode === 'shadow') return true
  if (sandbox !== undefined && isProtected(world, ruling, contextOf(sandbox, world.tenantId))) return true
  return (
    ruling.standing.episode >= hold.episode &&
    severity(verdictFor(ruling.standing, sandbox?.tier)) < severity('suspend')
  )
}

/** A person who lifts a budget wants the work to go on; a new window alone starts nothing. */
function release(ruling: Ruling, sandboxId: string): Action {
  const { override, standing } = ruling
  const request: ResumeRequest = {
    ...decidedOf(ruling),
    sandboxId,
    wake: override !== null && standing.reason === 'override_active',
    actor: override?.actor ?? '',
    ticket: override?.ticket ?? '',
  }
  return { kind: 'resume', ruling, request }
}

function suspendRequest(world: World, sandboxId: string, ruling: Ruling): SuspendRequest {
  const { budget } = ruling.rule
  return {
    ...decidedOf(ruling),
    sandboxId,
    mode: budget.suspendMode,
    drainMs: budget.suspendMode === 'drain' ? budget.drainFor : 0,
    keepUntilMs: (ruling.windowEndMs ?? world.nowMs) + world.document.keepBackups,
    remedy: remedyOf(ruling),
  }
}

function decidedOf({ subject, standing, decisionId }: Ruling) {
  return {
    ...subject,
    reason: standing.reason,
    decisionId,
    key: standing.action,
    episode: standing.episode,
    decidedAtMs: Math.max(0, standing.sinceMs),
  }
}

function remedyOf({ subject, windowEndMs }: Ruling): string {
  const wait =
    windowEndMs === null ? '' : `Wait for the window to end at ${new Date(windowEndMs).toISOString()}, or `
  const ask = `ask for an override of budget ${subject.budget} for ${subject.scope}`
  return `${wait}${wait === '' ? 'A' : 'a'}${ask.slice(1)}: sandglass budget override`
}
