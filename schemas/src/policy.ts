/** Tier policy: what tasks of each trust tier may do, and how a person may override it. */
import { z } from 'zod'
import { attr, values } from './semconv.ts'

/** Longest life an override may be given anywhere, milliseconds: one day. A document may only shorten it. */
export const OVERRIDE_LIFE_MS_MAX = 24 * 60 * 60 * 1000

const RULES_MAX = 500
const PATTERNS_MAX = 200
const PATTERN_LENGTH_MAX = 512

export const tierSchema = z.enum(values[attr.tier])
export const subjectKindSchema = z.enum(values[attr.policySubjectKind])
export const verdictSchema = z.enum(values[attr.policyVerdict])

/** `observe` evaluates and records; `enforce` also refuses with a typed error. */
export const policyModeSchema = z.enum(['observe', 'enforce'])

/**
 * One rule. The first rule of a tier whose kind and pattern fit the subject decides.
 * Patterns are globs: `*` is any run of characters but `/`, `**` any run at all, `?` one character; in commands and
 * secret names `/` is an ordinary character. A command matches by its whole line or by its executable's name.
 */
export const policyRuleSchema = z.strictObject({
  id: z.string().min(1).max(128),
  kind: subjectKindSchema,
  match: z.array(z.string().min(1).max(PATTERN_LENGTH_MAX)).min(1).max(PATTERNS_MAX),
  effect: verdictSchema,
  /** Weakens or strengthens the document's mode for this rule: a new rule may observe inside an enforced policy. */
  mode: policyModeSchema.optional(),
})

/** What happens where no rule fits. Kinds that are not named are allowed. */
const defaultsSchema = z.partialRecord(subjectKindSchema, verdictSchema)

const tierPolicySchema = z.strictObject({
  defaults: defaultsSchema.default({}),
  rules: z.array(policyRuleSchema).max(RULES_MAX).default([]),
})

const overrideBoundsSchema = z.strictObject({
  /** Longest life of an override, milliseconds. */
  lifeMsMax: z.int().positive().max(OVERRIDE_LIFE_MS_MAX).default(OVERRIDE_LIFE_MS_MAX),
  /** Tiers whose overrides need a second person. C always does. */
  approverTiers: z.array(tierSchema).default(['C']),
})

export const policySchema = z.strictObject({
  id: z.string().min(1).max(128),
  version: z.string().min(1).max(64),
  mode: policyModeSchema,
  tiers: z.strictObject({ A: tierPolicySchema, B: tierPolicySchema, C: tierPolicySchema }),
  overrides: overrideBoundsSchema.default({ lifeMsMax: OVERRIDE_LIFE_MS_MAX, approverTiers: ['C'] }),
})

export type Tier = z.infer<typeof tierSchema>
export type SubjectKind = z.infer<typeof subjectKindSchema>
export type PolicyVerdict = z.infer<typeof verdictSchema>
export type PolicyMode = z.infer<typeof policyModeSchema>
export type PolicyRule = z.infer<typeof policyRuleSchema>
export type TierPolicy = z.infer<typeof tierPolicySchema>
export type Policy = z.infer<typeof policySchema>
/** A policy as a person writes it: what has a default may be left out. */
export type PolicyInput = z.input<typeof policySchema>
