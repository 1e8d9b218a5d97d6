import { createHash } from 'node:crypto'
import { attr } from '@sandglass/schemas/semconv'
import { canonicalEvent } from '../audit/chain.ts'
import type { SeenEvent } from './otlp-request.ts'

const AUDIT: ReadonlySet<string> = new Set([
  attr.auditEpoch,
  attr.auditSequence,
  attr.auditPrevHash,
  attr.auditHash,
])

/** Everything that is wrong with the chains in `events`: gaps, forks, and hashes that do not fit their content. */
export function chainProblems(events: readonly SeenEvent[]): string[] {
  const last = new Map<string, { readonly sequence: number; readonly hash: string }>()
  return events.flatMap((seen) => {
    const { attributes } = seen
    const epoch = String(attributes[attr.auditEpoch])
    const chain = `${String(attributes[attr.sandboxId])} ${epoch}`
    const sequence = Number(attributes[attr.auditSequence])
    const previous = String(attributes[attr.auditPrevHash])
    const before = last.get(chain) ?? { sequence: 0, hash: '' }
    last.set(chain, { sequence, hash: String(attributes[attr.auditHash]) })
    const facts = Object.fromEntries(Object.entries(attributes).filter(([name]) => !AUDIT.has(name)))
    const text = canonicalEvent({ epoch, sequence, previous }, seen.name as never, String(seen.timeNs), facts)
    const hash = createHash('sha256').update(text).digest('hex')
    return [
      ...(sequence === before.sequence + 1
        ? []
        : [`${chain}: ${before.sequence} is followed by ${sequence}`]),
      ...(previous === before.hash ? [] : [`${chain}: ${sequence} does not follow ${before.sequence}`]),
      ...(hash === attributes[attr.auditHash] ? [] : [`${chain}: the hash of ${sequence} is wrong`]),
    ]
  })
}
