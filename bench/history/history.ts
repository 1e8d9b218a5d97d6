/** A realistic past, the same for the same seed: busy and quiet hours, bursts, retries, incidents, idle sandboxes, late data. */
import type { EventFacts, SpanFacts } from '@sandglass/schemas/testing/rows'
import { createRandom, type Random } from '../random.ts'
import { budgetDecisions } from './budget-decisions.ts'
import { recordLife } from './sandbox-life.ts'

export interface HistoryOptions {
  readonly seed: number
  /** Spans to stop after; the last sandbox's life is finished. */
  readonly spans: number
  readonly startMs: number
  /** Sandboxes start within this time. */
  readonly durationMs: number
}

/** What one sandbox sent. */
export interface Batch {
  readonly spans: readonly SpanFacts[]
  readonly events: readonly EventFacts[]
}

const DAY_MS = 86_400_000
/** Share of sandboxes whose data arrives behind that of later ones. */
const LATE_SHARE = 0.02
/** Share of sandboxes some of whose events arrive twice, as after a resend through another machine. */
const REPEATED_SHARE = 0.002

/** Batches in the order they arrive. */
export function* history({ seed, spans, startMs, durationMs }: HistoryOptions): Generator<Batch> {
  const random = createRandom(seed)
  const late: Batch[] = []
  let count = 0
  while (count < spans) {
    const batch = recordLife(createRandom(random.below(2 ** 31)), startAt(random, startMs, durationMs))
    count += batch.spans.length
    if (random.next() < LATE_SHARE) late.push(batch)
    else yield batch
    if (random.next() < REPEATED_SHARE) yield { spans: [], events: batch.events.slice(0, 20) }
  }
  yield* late
  yield { spans: [], events: budgetDecisions(random, startMs, durationMs) }
}

/** More by day than by night, and bursts: a tenth of all sandboxes start in a few minutes. */
function startAt(random: Random, startMs: number, durationMs: number): number {
  if (random.next() < 0.1) return startMs + Math.floor(durationMs * 0.4 + 300_000 * random.next())
  for (;;) {
    const at = startMs + Math.floor(random.next() * durationMs)
    const hourShare = (at % DAY_MS) / DAY_MS
    if (random.next() < 0.25 + 0.75 * Math.sin(Math.PI * hourShare) ** 2) return at
  }
}
