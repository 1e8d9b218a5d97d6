/**
 * What the enforcer knows between ticks: the standing of each subject, from its own records and those of every other
 * enforcer, and the last answers of the database for when it does not answer. Nothing here is lost by losing it.
 */
import { z } from 'zod'
import { standingSchema, subjectKey, uniform, type Standing } from './decision.ts'
import type { ListReply } from '@sandglass/schemas/governor'
import type { StandingRow } from './observe/reader.ts'

export interface Subject {
  readonly budget: string
  readonly window: string
  readonly scope: string
}

export interface Known {
  readonly subject: Subject
  readonly standing: Standing
  readonly decisionId: string
}

export interface Memory {
  of(subject: Subject): Known | undefined
  /** Every subject of a budget and window that was ever decided on. */
  ofRule(budget: string, window: string): readonly Known[]
  /** Takes a decision of this enforcer once it is recorded. */
  take(known: Known): void
  /** Takes decisions found in the store; returns how many could not be read. */
  learn(rows: readonly StandingRow[]): number
  /** Takes what the governor has in force, where it is newer than anything recorded. */
  adopt(list: ListReply): void
  /** An episode the governor has seen: what is decided next must be newer. */
  raise(subject: Subject, episode: number): void
}

const recordSchema = z.object({ after: standingSchema })

export function createMemory(): Memory {
  const bySubject = new Map<string, Known>()
  const rules = new Map<string, Set<string>>()

  const put = (known: Known): void => {
    const key = subjectKey(known.subject)
    bySubject.set(key, known)
    const rule = `${known.subject.budget} ${known.subject.window}`
    rules.set(rule, (rules.get(rule) ?? new Set()).add(key))
  }
  const putIfNewer = (known: Known): void => {
    const before = bySubject.get(subjectKey(known.subject))
    if (before === undefined || known.standing.episode > before.standing.episode) put(known)
  }
  return {
    of: (subject) => bySubject.get(subjectKey(subject)),
    ofRule: (budget, window) =>
      [...(rules.get(`${budget} ${window}`) ?? [])].flatMap((key) => bySubject.get(key) ?? []),
    take: put,
    learn: (rows) => {
      const learned = rows.map(toKnown)
      for (const known of learned) if (known !== undefined) putIfNewer(known)
      return learned.filter((known) => known === undefined).length
    },
    adopt: (list) => {
      for (const known of inForce(list)) putIfNewer(known)
    },
    raise: (subject, episode) => {
      const known = bySubject.get(subjectKey(subject))
      if (known !== undefined && known.standing.episode < episode)
        put({ ...known, standing: { ...known.standing, episode } })
    },
  }
}

function toKnown({ budget, window, scope, decisionId, inputs }: StandingRow): Known | undefined {
  const parsed = recordSchema.safeParse(decodeJson(inputs))
  return parsed.success
    ? { subject: { budget, window, scope }, standing: parsed.data.after, decisionId }
    : undefined
}

/** A hold without the verdict of its scope still proves a suspension. */
function inForce(list: ListReply): readonly Known[] {
  const scopes = list.scopes.map((entry) => ({
    ...toSubject(entry),
    standing: toStanding(entry, entry.verdict, { ...uniform(entry.verdict), ...entry.tiers }),
  }))
  const holds = list.sandboxes
    .flatMap((sandbox) => sandbox.holds)
    .map((hold) => ({ ...toSubject(hold), standing: toStanding(hold, 'suspend', uniform('suspend')) }))
  return [...scopes, ...holds]
}

type InForce = ListReply['sandboxes'][number]['holds'][number]

function toSubject({ budget, window, scope, decisionId }: InForce) {
  return { subject: { budget, window, scope }, decisionId }
}

function toStanding(
  { reason, decidedAtMs, episode, key }: InForce,
  verdict: Standing['verdict'],
  tiers: Standing['tiers'],
): Standing {
  return { verdict, reason, tiers, sinceMs: decidedAtMs, episode, action: key }
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
