/** Says once that other budgets are in force than those last recorded, whoever recorded them. */
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import { attr, event } from '@sandglass/schemas/semconv'
import type { Log } from './log.ts'
import type { Reader } from './observe/reader.ts'
import type { DecisionLog } from './record/decision-log.ts'
import type { Recorder } from './record/recorder.ts'
import { documentHash } from './rules.ts'

export interface AnnounceParts {
  readonly reader: Pick<Reader, 'budgetsHash'>
  readonly recorder: Recorder
  readonly decisions: Pick<DecisionLog, 'enforcerId'>
  readonly now: () => number
  readonly log: Log
}

/** Call it every tick: it does nothing once the document is known to be recorded, and tries again until then. */
export function createAnnouncer(parts: AnnounceParts): (document: BudgetDocument) => Promise<void> {
  let announced = ''
  return async (document) => {
    const hash = documentHash(document)
    if (hash === announced) return
    try {
      const before = await parts.reader.budgetsHash()
      const receipt = before === hash ? undefined : await parts.recorder.store([toEvent(parts, hash, before)])
      if (receipt?.state !== 'refused') announced = hash
    } catch (error) {
      parts.log('warn', 'cannot tell whether the budgets changed', { cause: String(error) })
    }
  }
}

function toEvent({ now, decisions }: AnnounceParts, hash: string, before: string) {
  return {
    name: event.configChanged,
    timeMs: now(),
    attributes: {
      [attr.configKind]: 'budget',
      [attr.configHashAfter]: hash,
      [attr.actorType]: 'service',
      [attr.actorId]: decisions.enforcerId,
      ...(before === '' ? {} : { [attr.configHashBefore]: before }),
    },
  }
}
