import { createRedactor, isSecretName, redactionMark } from '@sandglass/schemas/redaction'
import { CUT_MARK, STRING_LENGTH_MAX } from '../export/limits.ts'
import type { FactValue } from '../facts.ts'

/** The one place where strings are made fit to leave. */
export interface Boundary {
  text(text: string): string
  /** A copy with every string passed through {@link text}, and those of secret names cut; without what is undefined. */
  facts(facts: Readonly<Record<string, unknown>>): Record<string, FactValue>
  /** As {@link facts}, once for facts that many records share. They must not change. */
  shared(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, FactValue>>
  /** Registers a value that must never leave; false when it is too short to be told from other text. */
  register(secret: string): boolean
}

/** A shorter value would redact innocent text everywhere. */
const SECRET_LENGTH_MIN = 6
const SECRETS_MAX = 1_000
/** Names of attributes whose meaning is remembered. */
const NAMES_MAX = 5_000
const REFUSED = '[withheld: the redact option threw]'

function cut(text: string): string {
  if (text.length <= STRING_LENGTH_MAX) return text
  return text.slice(0, STRING_LENGTH_MAX - CUT_MARK.length) + CUT_MARK
}

export function createBoundary(userRule: ((text: string) => string) | undefined): Boundary {
  const secrets = new Set<string>()
  let redact = createRedactor()
  let cleaned = new WeakMap<object, Readonly<Record<string, FactValue>>>()

  /** A rule of the user's that fails must not let text out that it was meant to hold back. */
  function applyUserRule(text: string): string {
    if (userRule === undefined) return text
    try {
      const result: unknown = userRule(text)
      return typeof result === 'string' ? result : REFUSED
    } catch {
      return REFUSED
    }
  }

  const names = new Map<string, boolean>()

  /** The same names come again and again. */
  function isSecret(name: string): boolean {
    const known = names.get(name)
    if (known !== undefined) return known
    const found = isSecretName(name)
    if (names.size < NAMES_MAX) names.set(name, found)
    return found
  }

  const text = (raw: string): string => cut(applyUserRule(redact(raw)).toWellFormed())

  function value(raw: unknown): FactValue | undefined {
    if (typeof raw === 'string') return text(raw)
    if (typeof raw === 'number' || typeof raw === 'boolean') return raw
    if (!Array.isArray(raw)) return undefined
    const items: readonly unknown[] = raw
    return items.every((item) => typeof item === 'number')
      ? [...items]
      : items.map((item) => text(String(item)))
  }

  function cleanFacts(facts: Readonly<Record<string, unknown>>): Record<string, FactValue> {
    const clean: Record<string, FactValue> = {}
    for (const key in facts) {
      const raw = facts[key]
      const kept = typeof raw === 'string' && isSecret(key) ? redactionMark('secret') : value(raw)
      if (kept !== undefined) clean[key] = kept
    }
    return clean
  }

  return {
    text,
    facts: cleanFacts,
    shared(facts) {
      const known = cleaned.get(facts)
      if (known !== undefined) return known
      const clean = cleanFacts(facts)
      cleaned.set(facts, clean)
      return clean
    },
    register(secret) {
      if (secret.length < SECRET_LENGTH_MIN || secrets.size >= SECRETS_MAX) return false
      secrets.add(secret)
      redact = createRedactor({ secrets: [...secrets] })
      cleaned = new WeakMap()
      return true
    },
  }
}
