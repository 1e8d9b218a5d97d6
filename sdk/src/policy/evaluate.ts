import type {
  PolicyInput,
  PolicyMode,
  PolicyRule,
  PolicyVerdict,
  SubjectKind,
} from '@sandglass/schemas/policy'
import type { Tier } from '../lineage/task-spec.ts'
import { compileGlob, type Glob } from './glob.ts'
import { commandSubjects } from './command-subjects.ts'
import type { PolicySubject } from './types.ts'

/** What the document says, before overrides. */
export interface Evaluation {
  readonly verdict: PolicyVerdict
  /** Id of the rule that decided, or `default`. */
  readonly rule: string
  readonly mode: PolicyMode
}

export type Evaluate = (tier: Tier, subject: PolicySubject) => Evaluation

interface CompiledRule {
  readonly rule: PolicyRule
  readonly patterns: readonly Glob[]
}

export const DEFAULT_RULE = 'default'
const TOO_LONG_RULE = 'too_long'

/** Kinds in which `/` separates nothing. */
const FLAT: ReadonlySet<SubjectKind> = new Set(['command', 'secret', 'port', 'debug', 'host'])
/** Characters. A longer subject is denied by everyone who denies anything of its kind: the rest could be that. */
const SUBJECT_LENGTH_MAX = 32 * 1024

/** The glob of a kind of subjects, for rules and overrides alike. */
export const compileFor = (kind: SubjectKind, pattern: string): Glob => compileGlob(pattern, FLAT.has(kind))

function compile(rule: PolicyRule): CompiledRule {
  return { rule, patterns: rule.match.map((pattern) => compileFor(rule.kind, pattern)) }
}

function fits({ rule, patterns }: CompiledRule, kind: SubjectKind, names: readonly string[]): boolean {
  return rule.kind === kind && patterns.some((pattern) => names.some((name) => pattern.test(name)))
}

/**
 * Compiles a policy into a pure function. The first rule of the tier that fits decides, else the tier's default of the
 * kind, else it is allowed. A shell script is judged command by command, and its strictest verdict counts. What is too
 * long to be judged is denied by `too_long` where the tier denies anything of the kind.
 */
export function compilePolicy(policy: PolicyInput): Evaluate {
  const rules: Readonly<Record<Tier, readonly CompiledRule[]>> = {
    A: (policy.tiers.A.rules ?? []).map(compile),
    B: (policy.tiers.B.rules ?? []).map(compile),
    C: (policy.tiers.C.rules ?? []).map(compile),
  }

  function judge(tier: Tier, kind: SubjectKind, names: readonly string[]): Evaluation {
    const found = rules[tier].find((rule) => fits(rule, kind, names))?.rule
    if (found !== undefined) return { verdict: found.effect, rule: found.id, mode: found.mode ?? policy.mode }
    const verdict = policy.tiers[tier].defaults?.[kind] ?? 'allow'
    return { verdict, rule: DEFAULT_RULE, mode: policy.mode }
  }

  /** Undefined when the tier denies nothing of the kind; as strict as the strictest that does. */
  function judgeTooLong(tier: Tier, kind: SubjectKind): Evaluation | undefined {
    const denying = rules[tier].filter(({ rule }) => rule.kind === kind && rule.effect === 'deny')
    const modes = denying.map(({ rule }) => rule.mode ?? policy.mode)
    if (policy.tiers[tier].defaults?.[kind] === 'deny') modes.push(policy.mode)
    if (modes.length === 0) return undefined
    const mode = modes.includes('enforce') ? 'enforce' : 'observe'
    return { verdict: 'deny', rule: TOO_LONG_RULE, mode }
  }

  return (tier, { kind, subject }) => {
    const tooLong = subject.length > SUBJECT_LENGTH_MAX ? judgeTooLong(tier, kind) : undefined
    if (tooLong !== undefined) return tooLong
    const bounded = subject.slice(0, SUBJECT_LENGTH_MAX)
    const asked = kind === 'command' ? commandSubjects(bounded) : [[bounded]]
    const evaluations = asked.map((names) => judge(tier, kind, names))
    return (
      evaluations.find(({ verdict }) => verdict === 'deny') ?? evaluations[0] ?? judge(tier, kind, [bounded])
    )
  }
}
