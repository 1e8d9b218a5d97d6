/**
 * Payloads of the governor's signed HTTP API, under GOVERNOR_PATH. zod/mini, so that a Worker bundles little.
 * Every call is idempotent by `key`, and fenced by `episode`: an older episode of the same hold is answered `stale`.
 */
import * as z from 'zod/mini'
import { parseScopeKey } from './governor/scope.ts'
import { attr, values } from './semconv.ts'

export const GOVERNOR_PATH = '/sandglass/governor/'

/** Budget id of suspensions for idleness: declined while a command runs, and released as soon as they are done. */
export const IDLE_BUDGET = 'idle'

/** Routes below GOVERNOR_PATH. */
export const governorRoute = {
  verdict: { method: 'POST', path: 'verdict' },
  suspend: { method: 'POST', path: 'suspend' },
  resume: { method: 'POST', path: 'resume' },
  list: { method: 'GET', path: 'list' },
  health: { method: 'GET', path: 'health' },
} as const

/** Longest accepted request body, in characters. */
export const GOVERNOR_BODY_LENGTH_MAX = 64 * 1024
/** Entries of one page of `list`. */
export const LIST_PAGE_SIZE_MAX = 1000

const TEXT_LENGTH_MAX = 1024
const ID_LENGTH_MAX = 256

const id = z.string().check(z.minLength(1), z.maxLength(ID_LENGTH_MAX))
const text = z.string().check(z.maxLength(TEXT_LENGTH_MAX))
const instantMs = z.int().check(z.nonnegative())
const scope = z.string().check(
  z.maxLength(TEXT_LENGTH_MAX),
  z.refine((key) => parseScopeKey(key) !== undefined, 'not the key of a scope, such as team=payments'),
)

export const verdictSchema = z.enum(values[attr.verdict])
export const tierSchema = z.enum(values[attr.tier])
export type Verdict = z.infer<typeof verdictSchema>
export type Tier = z.infer<typeof tierSchema>

/** From the mildest to the most severe. */
export const verdicts = verdictSchema.options
export const tiers = tierSchema.options

/** What was decided, by which budget, for whom. One hold per budget, window and scope. */
const decided = {
  /** Budget whose decision this is. */
  budget: id,
  /** Window of the budget, for example `calendar:day@UTC`. */
  window: id,
  /** Key of the scope the decision is about, for example `team=payments`. */
  scope,
  /** Guard that decided. */
  reason: text,
  decisionId: id,
  /** Idempotency key of the action. */
  key: id,
  /** Counts the transitions of this budget, window and scope. */
  episode: z.int().check(z.nonnegative()),
  decidedAtMs: instantMs,
} as const

/** Sets the verdict of a scope, from which gates admit or refuse new work. */
export const verdictRequestSchema = z.strictObject({
  ...decided,
  verdict: verdictSchema,
  /** Where the verdict differs by trust tier of the sandbox. */
  tiers: z.optional(z.partialRecord(tierSchema, verdictSchema)),
  /** How a person gets going again, shown in the refusal. */
  remedy: text,
})
export type VerdictRequest = z.infer<typeof verdictRequestSchema>

/** Suspends one sandbox: refuse, interrupt or drain, back up, verify, stop. */
export const suspendRequestSchema = z.strictObject({
  ...decided,
  sandboxId: id,
  /** `interrupt` ends running commands at once; `drain` lets them finish for up to `drainMs`. */
  mode: z.enum(['interrupt', 'drain']),
  drainMs: z.int().check(z.nonnegative(), z.lte(3_600_000)),
  /** The backup must live at least until then. */
  keepUntilMs: instantMs,
  remedy: text,
})
export type SuspendRequest = z.infer<typeof suspendRequestSchema>

/** Releases one hold; the sandbox is awake again when no hold is left. */
export const resumeRequestSchema = z.strictObject({
  ...decided,
  sandboxId: id,
  /** Start and restore at once; otherwise the workspace is restored by the next command. */
  wake: z.boolean(),
  actor: text,
  ticket: text,
})
export type ResumeRequest = z.infer<typeof resumeRequestSchema>

export const snapshotSchema = z.object({
  id,
  sizeBytes: z.int().check(z.nonnegative()),
  sha256: z.string(),
  createdAtMs: instantMs,
  /** When the provider deletes it; absent when it does not. */
  expiresAtMs: z.optional(instantMs),
})
export type Snapshot = z.infer<typeof snapshotSchema>

/** awake · suspending (refusing, not stopped yet) · blocked (refusing and interrupted, kept up: its backup failed) · suspended · resuming */
export const phases = ['awake', 'suspending', 'blocked', 'suspended', 'resuming'] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

/** `applied`: done now · `already`: was so · `stale`: a newer episode is in force · `failed`: see error. */
export const governorResultSchema = z.enum(['applied', 'already', 'stale', 'failed'])

export const scopeEntrySchema = z.object({
  ...decided,
  verdict: verdictSchema,
  tiers: z.optional(z.partialRecord(tierSchema, verdictSchema)),
  remedy: text,
})
export type ScopeEntry = z.infer<typeof scopeEntrySchema>

/** What keeps a sandbox suspended. */
export const holdSchema = z.object({ ...decided, remedy: text })
export type Hold = z.infer<typeof holdSchema>

export const governorReplySchema = z.object({
  result: governorResultSchema,
  /** Stage and cause; present when `failed`. */
  error: z.optional(z.string()),
  /** Episode in force; present when `stale`. */
  episode: z.optional(z.int()),
  phase: z.optional(phaseSchema),
  /** What holds the sandbox now. */
  holds: z.optional(z.array(holdSchema)),
  snapshot: z.optional(snapshotSchema),
})
export type GovernorReply = z.infer<typeof governorReplySchema>

export const sandboxEntrySchema = z.object({
  sandboxId: id,
  phase: phaseSchema,
  holds: z.array(holdSchema),
})
export type SandboxEntry = z.infer<typeof sandboxEntrySchema>

/** Scopes whose verdict is not ok, sandboxes that are held. `cursor` asks for the next page. */
export const listReplySchema = z.object({
  scopes: z.array(scopeEntrySchema),
  sandboxes: z.array(sandboxEntrySchema),
  cursor: z.optional(z.string()),
})
export type ListReply = z.infer<typeof listReplySchema>

export const healthReplySchema = z.object({
  status: z.literal('ok'),
  timeMs: instantMs,
  /** Shapes of scope whose verdicts the gates ask about, for example `task+team`. */
  shapes: z.array(z.string()),
})
export type HealthReply = z.infer<typeof healthReplySchema>

/** Body of every answer that is not 200. */
export const governorErrorSchema = z.object({
  error: z.enum([
    'unsigned',
    'malformed',
    'skewed',
    'forged',
    'replayed',
    'too_large',
    'invalid',
    'unknown_route',
    'shape_not_gated',
    'unavailable',
  ]),
  message: z.string(),
})
export type GovernorError = z.infer<typeof governorErrorSchema>

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string }

/** Reads a payload from JSON text; the message names every fault with its path. */
export function parsePayload<T>(schema: z.ZodMiniType<T>, text: string): Parsed<T> {
  const result = schema.safeParse(decodeJson(text), { reportInput: true })
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, message: z.prettifyError(result.error) }
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
