import { attr, event } from '@sandglass/schemas/semconv'
import type { PolicyInput } from '@sandglass/schemas/policy'
import type { Scope } from '../context/scope.ts'
import { emitEvent, whereNow, type Instrument, type Where } from '../instrument.ts'
import type { Actor, Tier } from '../lineage/task-spec.ts'
import { SandglassOverrideError, SandglassPolicyError } from './errors.ts'
import { DEFAULT_RULE, compilePolicy, type Evaluation } from './evaluate.ts'
import { checkOverride, covers, overrideFacts } from './overrides.ts'
import type { Override, OverrideSpec, PolicyControl, PolicyDecision, PolicySubject } from './types.ts'

/** Policy as the rest of the SDK uses it. */
export interface PolicyEngine extends PolicyControl {
  readonly version: string | undefined
  /** Evaluates and records; never throws. `after` says that it has happened already and cannot be blocked. */
  decide(subject: PolicySubject, where: Where, options?: { readonly after?: boolean }): PolicyDecision
  /** As {@link decide}, and throws when it blocks. */
  require(subject: PolicySubject, where: Where): PolicyDecision
  /** Takes up overrides that an earlier isolate stored. */
  restore(): Promise<void>
}

const ID_BYTES = 8
const OVERRIDES_MAX = 1_000
const STATE_KEY = 'sandglass.overrides'
const UNGOVERNED: Evaluation = { verdict: 'allow', rule: DEFAULT_RULE, mode: 'observe' }

const tierOf = (scope: Scope | undefined): Tier | undefined => {
  const tier = scope?.frame.facts[attr.tier]
  return tier === 'A' || tier === 'B' || tier === 'C' ? tier : undefined
}

export function createPolicyEngine(instrument: Instrument, document: PolicyInput | undefined): PolicyEngine {
  const evaluate = document === undefined ? undefined : compilePolicy(document)
  const overrides = new Map<string, Override>()
  const where = (): Where => whereNow(instrument)
  const scopeNow = (): Scope | undefined => instrument.scopes.getStore()

  function end(
    override: Override,
    cause: 'expiry' | 'revocation',
    by?: { actor: Actor; reason?: string | undefined },
  ): void {
    overrides.delete(override.id)
    save()
    emitEvent(instrument, scopeNow(), where(), event.overrideEnded, {
      [attr.overrideId]: override.id,
      [attr.overrideEndCause]: cause,
      [attr.policyId]: document?.id,
      [attr.actorId]: by?.actor.id,
      [attr.actorType]: by?.actor.type,
      [attr.reason]: by?.reason,
    })
  }

  function endExpired(): void {
    const now = instrument.clock.now()
    for (const override of overrides.values()) if (override.expiresAt <= now) end(override, 'expiry')
  }

  function watchExpiry(override: Override): void {
    const delayMs = Math.max(0, override.expiresAt - instrument.clock.now())
    instrument.clock.schedule(endExpired, delayMs)
  }

  function save(): void {
    void instrument.state?.put(STATE_KEY, [...overrides.values()])
  }

  function findOverride(subject: PolicySubject, rule: string, sandboxId: string): Override | undefined {
    endExpired()
    const question = { ...subject, rule, taskId: scopeNow()?.task.id, sandboxId }
    return [...overrides.values()].find((override) => covers(override, question))
  }

  function evaluateNow(subject: PolicySubject): Evaluation {
    const tier = tierOf(scopeNow())
    // Without a task there is no tier: the strictest applies.
    return evaluate?.(tier ?? 'C', subject) ?? UNGOVERNED
  }

  function decide(subject: PolicySubject, at: Where, { after = false } = {}): PolicyDecision {
    const { verdict, rule, mode } = evaluateNow(subject)
    const override = verdict === 'deny' ? findOverride(subject, rule, at.sandboxId) : undefined
    const final = override === undefined ? verdict : 'allow'
    const action = final === 'deny' && mode === 'enforce' && !after ? 'blocked' : 'allowed'
    const decision: PolicyDecision = { ...subject, verdict: final, action, rule, overrideId: override?.id }
    if (document !== undefined && !(final === 'allow' && rule === DEFAULT_RULE)) record(decision, at)
    return decision
  }

  function record(decision: PolicyDecision, at: Where): void {
    emitEvent(instrument, scopeNow(), at, event.policyEvaluated, {
      [attr.policyId]: document?.id,
      [attr.policyVersion]: document?.version,
      [attr.policyRule]: decision.rule,
      [attr.policyVerdict]: decision.verdict,
      [attr.policyAction]: decision.action,
      [attr.policySubjectKind]: decision.kind,
      [attr.policySubject]: decision.subject,
      [attr.overrideId]: decision.overrideId,
    })
  }

  function require(subject: PolicySubject, at: Where): PolicyDecision {
    const decision = decide(subject, at)
    if (decision.action === 'blocked') throw new SandglassPolicyError(decision, document?.id ?? '')
    return decision
  }

  function override(spec: OverrideSpec): Override {
    if (document === undefined)
      throw new SandglassOverrideError('override refused: no policy is configured to override')
    checkOverride(spec, document, tierOf(scopeNow()))
    if (overrides.size >= OVERRIDES_MAX)
      throw new SandglassOverrideError(`override refused: ${OVERRIDES_MAX} are active`)
    const { expiresInMs, ...rest } = spec
    const id = `ovr_${instrument.random(ID_BYTES)}`
    const begun: Override = { ...rest, id, expiresAt: Math.ceil(instrument.clock.now() + expiresInMs) }
    overrides.set(id, begun)
    save()
    emitEvent(instrument, scopeNow(), where(), event.policyOverridden, overrideFacts(begun, document.id))
    watchExpiry(begun)
    return begun
  }

  return {
    document,
    version: document?.version,
    decide,
    require,
    check: (subject) => require(subject, where()),
    override,
    revoke(overrideId, actor, reason) {
      const found = overrides.get(overrideId)
      if (found !== undefined) end(found, 'revocation', { actor, reason })
    },
    active: () => [...overrides.values()],
    async restore() {
      const stored = await instrument.state?.get(STATE_KEY)
      if (!Array.isArray(stored)) return
      for (const override of stored.filter(isOverride)) {
        overrides.set(override.id, override)
        watchExpiry(override)
      }
    },
  }
}

function isOverride(value: unknown): value is Override {
  if (typeof value !== 'object' || value === null) return false
  const { id, expiresAt, scope } = value as Partial<Record<keyof Override, unknown>>
  return typeof id === 'string' && typeof expiresAt === 'number' && typeof scope === 'object'
}
