import type { Signal } from './parcel.ts'
import type { Stats } from './stats.ts'

type Count = 'acked' | 'rejected' | 'dropped' | 'recorded'

/** Where every record is counted exactly once: acknowledged, rejected, dropped or still pending. */
export interface Accounts {
  add(signal: Signal, count: Count, records: number): void
  addExportError(): void
  read(internalErrors: number): Stats
}

const emptyCounts = (): Record<Count, number> => ({ acked: 0, rejected: 0, dropped: 0, recorded: 0 })

export function createAccounts(): Accounts {
  const counts: Record<Signal, Record<Count, number>> = { spans: emptyCounts(), events: emptyCounts() }
  let exportErrors = 0
  const pendingOf = ({ recorded, acked, rejected, dropped }: Record<Count, number>): number =>
    recorded - acked - rejected - dropped

  return {
    add(signal, count, records) {
      counts[signal][count] += records
    },
    addExportError() {
      exportErrors++
    },
    read: (internalErrors) => ({
      spansEnded: counts.spans.recorded,
      spansAcked: counts.spans.acked,
      spansRejected: counts.spans.rejected,
      spansDropped: counts.spans.dropped,
      eventsRecorded: counts.events.recorded,
      eventsAcked: counts.events.acked,
      eventsRejected: counts.events.rejected,
      eventsDropped: counts.events.dropped,
      pending: pendingOf(counts.spans) + pendingOf(counts.events),
      exportErrors,
      internalErrors,
    }),
  }
}
