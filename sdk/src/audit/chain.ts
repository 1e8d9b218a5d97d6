import { attr, type EventName } from '@sandglass/schemas/semconv'
import type { RandomHex, StateStore } from '../ports.ts'
import type { Facts } from '../facts.ts'

/** The last link of one sandbox's chain. */
interface Link {
  readonly epoch: string
  readonly sequence: number
  readonly hash: string
}

export interface AuditChain {
  /** Appends an event to the chain of its sandbox: its facts with the four audit attributes. Call one at a time. */
  seal(sandboxId: string, name: EventName, timeUnixNano: string, facts: Facts): Promise<Facts>
  /** An event of the sandbox was dropped before it was sealed: a number is left out, so that readers see it. */
  skip(sandboxId: string): void
  /** Makes what was sealed durable. Without it a new isolate would begin a new epoch. */
  save(): Promise<void>
}

const EPOCH_BYTES = 8
const STATE_PREFIX = 'sandglass.audit.'

const renderValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/**
 * What the hash of an event is taken over: the hash before it, epoch, sequence, name, time, and its attributes by name
 * in code point order, numbers and arrays as JSON.
 */
export function canonicalEvent(
  link: { readonly epoch: string; readonly sequence: number; readonly previous: string },
  name: EventName,
  timeUnixNano: string,
  facts: Facts,
): string {
  const pairs = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, renderValue(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([link.previous, link.epoch, link.sequence, name, timeUnixNano, pairs])
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return hex(new Uint8Array(digest))
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function isLink(value: unknown): value is Link {
  if (typeof value !== 'object' || value === null) return false
  const { epoch, sequence, hash } = value as Partial<Record<keyof Link, unknown>>
  return typeof epoch === 'string' && typeof sequence === 'number' && typeof hash === 'string'
}

export function createAuditChain(state: StateStore | undefined, random: RandomHex): AuditChain {
  const links = new Map<string, Link>()
  const unsaved = new Set<string>()
  const skipped = new Map<string, number>()

  async function lastLink(sandboxId: string): Promise<Link> {
    const known = links.get(sandboxId)
    if (known !== undefined) return known
    const stored = sandboxId === '' ? undefined : await state?.get(STATE_PREFIX + sandboxId)
    return isLink(stored) ? stored : { epoch: `e_${random(EPOCH_BYTES)}`, sequence: 0, hash: '' }
  }

  return {
    async seal(sandboxId, name, timeUnixNano, facts) {
      const last = await lastLink(sandboxId)
      const sequence = last.sequence + (skipped.get(sandboxId) ?? 0) + 1
      skipped.delete(sandboxId)
      const link = { epoch: last.epoch, sequence, previous: last.hash }
      const hash = await sha256Hex(canonicalEvent(link, name, timeUnixNano, facts))
      links.set(sandboxId, { epoch: link.epoch, sequence: link.sequence, hash })
      unsaved.add(sandboxId)
      return {
        ...facts,
        [attr.auditEpoch]: link.epoch,
        [attr.auditSequence]: link.sequence,
        [attr.auditPrevHash]: link.previous,
        [attr.auditHash]: hash,
      }
    },
    skip: (sandboxId) => void skipped.set(sandboxId, (skipped.get(sandboxId) ?? 0) + 1),
    async save() {
      const pending = [...unsaved].filter((sandboxId) => sandboxId !== '')
      unsaved.clear()
      if (state === undefined) return
      await Promise.all(pending.map((id) => state.put(STATE_PREFIX + id, links.get(id))))
    },
  }
}
