import { attr } from '@sandglass/schemas/semconv'
import type { PolicyInput } from '@sandglass/schemas/policy'
import type { Tier } from '../lineage/task-spec.ts'
import { SandglassOverrideError } from './errors.ts'
import { compileFor } from './evaluate.ts'
import type { Override, OverrideScope, OverrideSpec, PolicySubject } from './types.ts'

/** One day: no document may allow more. */
const LIFE_MS_MAX = 24 * 60 * 60 * 1000
const ALWAYS_APPROVED: readonly Tier[] = ['C']

/** What an evaluation is about, for the question whether an override covers it. */
export interface OverrideQuestion extends PolicySubject {
  readonly rule: string
  readonly taskId: string | undefined
  readonly sandboxId: string
}

/** `part=value` pairs, in the order of the scope's parts. */
export function renderScope(scope: OverrideScope): string {
  const parts = Object.entries(scope).filter(([, value]) => value !== undefined)
  return parts.length === 0 ? 'everything' : parts.map(([part, value]) => `${part}=${value}`).join(' ')
}

export function covers({ scope }: Override, question: OverrideQuestion): boolean {
  const { task, sandbox, rule, kind, subject } = scope
  return (
    (task === undefined || task === question.taskId) &&
    (sandbox === undefined || sandbox === question.sandboxId) &&
    (rule === undefined || rule === question.rule) &&
    (kind === undefined || kind === question.kind) &&
    (subject === undefined || compileFor(question.kind, subject).test(question.subject))
  )
}

/** Throws with everything that is wrong with it, and what would be right. */
export function checkOverride(spec: OverrideSpec, policy: PolicyInput, tier: Tier | undefined): void {
  const problems = [
    ...wordProblems(spec),
    ...lifeProblems(spec, policy),
    ...approverProblems(spec, policy, tier),
  ]
  if (problems.length > 0) throw new SandglassOverrideError(`override refused: ${problems.join('; ')}`)
}

function wordProblems({ actor, reason, ticket }: OverrideSpec): string[] {
  const words = { 'actor.id': actor.id, reason, ticket }
  return Object.entries(words)
    .filter(([, text]) => text.trim() === '')
    .map(([name]) => `${name} is empty: say who overrides, why, and by which ticket`)
}

function lifeProblems({ expiresInMs }: OverrideSpec, policy: PolicyInput): string[] {
  const maxMs = Math.min(policy.overrides?.lifeMsMax ?? LIFE_MS_MAX, LIFE_MS_MAX)
  if (expiresInMs > 0 && expiresInMs <= maxMs) return []
  return [`expiresInMs is ${expiresInMs}: it must lie between 1 and ${maxMs}`]
}

/** An unknown tier counts as one that needs a second person. */
function approverProblems(
  { approver, actor }: OverrideSpec,
  policy: PolicyInput,
  tier: Tier | undefined,
): string[] {
  const tiers = [...ALWAYS_APPROVED, ...(policy.overrides?.approverTiers ?? [])]
  if (approver === actor.id) return ['approver is the actor: it takes a second person']
  if ((tier !== undefined && !tiers.includes(tier)) || approver?.trim()) return []
  return [`approver is missing: tier ${tier ?? 'unknown'} needs a second person`]
}

export function overrideFacts(
  override: Override,
  policyId: string,
): Record<string, string | number | undefined> {
  const { actor, scope } = override
  return {
    [attr.overrideId]: override.id,
    [attr.overrideScope]: renderScope(scope),
    [attr.policyId]: policyId,
    [attr.policyRule]: scope.rule,
    [attr.policySubject]: scope.subject,
    [attr.actorId]: actor.id,
    [attr.actorType]: actor.type,
    [attr.approverId]: override.approver,
    [attr.reason]: override.reason,
    [attr.ticket]: override.ticket,
    [attr.expiresAt]: override.expiresAt,
  }
}
