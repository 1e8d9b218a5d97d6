/** Verdicts of the scopes a sandbox belongs to, read from their Durable Objects and kept for at most a second. */
import { verdicts, type ScopeEntry, type Verdict } from '@sandglass/schemas/governor'
import { scopeKey, scopeOfShape, type Scope, type ScopeShape } from '@sandglass/schemas/governor/scope'
import type { ScopeNamespace } from './ports.ts'
import { readVerdicts } from './scope-client.ts'

/** Age after which a verdict is read again, in milliseconds. */
export const VERDICT_AGE_MS_MAX = 1000
/** Scopes remembered; one sandbox rarely has more than a few. */
const SCOPES_MAX = 200

/** The strictest verdict that applies, and the entry it comes from; undefined entry means nothing was decided. */
export interface EffectiveVerdict {
  readonly verdict: Verdict
  readonly entry: ScopeEntry | undefined
}

export interface VerdictReader {
  /** By what was read last, however old. */
  known(context: Scope): EffectiveVerdict
  /** By verdicts at most VERDICT_AGE_MS_MAX old. An unreachable scope keeps its last verdict. */
  fresh(context: Scope): Promise<EffectiveVerdict>
}

interface Cached {
  readonly entries: readonly ScopeEntry[]
  readonly readAtMs: number
}

const okVerdict: EffectiveVerdict = { verdict: 'ok', entry: undefined }

/** A scope that could never be read refuses nothing: what was pushed to the sandbox itself is in force anyway. */
export function createVerdictReader(
  namespace: ScopeNamespace,
  shapes: readonly ScopeShape[],
  now: () => number,
  onUnreadable: (scope: string, error: unknown) => void,
): VerdictReader {
  const cache = new Map<string, Cached>()
  const keysOf = (context: Scope): readonly string[] =>
    shapes.map((shape) => scopeOfShape(shape, context)).flatMap((scope) => (scope ? [scopeKey(scope)] : []))

  const refresh = async (key: string): Promise<void> => {
    const cached = cache.get(key)
    if (cached !== undefined && now() - cached.readAtMs < VERDICT_AGE_MS_MAX) return
    try {
      const entries = await readVerdicts(namespace, key)
      cache.delete(key)
      cache.set(key, { entries, readAtMs: now() })
      const oldest = cache.keys().next().value
      if (cache.size > SCOPES_MAX && oldest !== undefined) cache.delete(oldest)
    } catch (error) {
      onUnreadable(key, error)
    }
  }
  const known = (context: Scope): EffectiveVerdict =>
    strictest(
      keysOf(context).flatMap((key) => cache.get(key)?.entries ?? []),
      context,
    )
  return {
    known,
    async fresh(context) {
      await Promise.all(keysOf(context).map(refresh))
      return known(context)
    },
  }
}

function strictest(entries: readonly ScopeEntry[], context: Scope): EffectiveVerdict {
  return entries
    .map((entry) => ({ verdict: verdictFor(entry, context), entry }))
    .reduce<EffectiveVerdict>(
      (worst, next) => (severity(next.verdict) > severity(worst.verdict) ? next : worst),
      okVerdict,
    )
}

/** A verdict may differ by tier; a sandbox of unknown tier gets the strictest. */
function verdictFor(entry: ScopeEntry, context: Scope): Verdict {
  const byTier = entry.tiers
  if (byTier === undefined) return entry.verdict
  const tier = (['A', 'B', 'C'] as const).find((name) => name === context.tier)
  if (tier !== undefined) return byTier[tier] ?? entry.verdict
  return [entry.verdict, ...Object.values(byTier)].reduce((a, b) => (severity(b) > severity(a) ? b : a))
}

export function severity(verdict: Verdict): number {
  return verdicts.indexOf(verdict)
}
