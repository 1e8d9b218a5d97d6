/** What the collector says about itself: every internal event with its fields, how loud it is and what it counts. */
import type { MetricKey } from './metric-facts.ts'

/** Fields of each event. Durations in ms, sizes in bytes. */
export interface InternalEvents {
  started: { url: string; workers: number; dataDir: string }
  stopping: { reason: string }
  stopped: { segmentsLeft: number }
  startedWorker: { worker: number; pid: number }
  lostWorker: { worker: number; how: string }
  recovered: { directory: string; segments: number; rows: number; keys: number }
  tailCut: { segment: string; bytes: number }
  blocksSpoiled: { segment: string; rows: number }
  sideFileMissing: { segment: string; bytes: number }
  commitFailed: { table: string; failure: string; error: string }
  admissionClosed: { reason: string }
  admissionOpened: { reason: string }
  refused: { reason: string }
  insertRetried: {
    segment: string
    table: string
    code: string
    attempt: number
    error: string
  }
  viewRefused: { segment: string; table: string; code: string; error: string }
  rowsQuarantined: { segment: string; table: string; code: string; rows: number; file: string; error: string }
  watermarkFailed: { error: string }
  sandboxesStale: { error: string }
  resendWindowShortened: { forgotten: number }
  tenantsLoaded: { tenants: number; file: string }
  tenantsRefused: { file: string; error: string }
  tlsReloaded: { file: string }
  tlsRefused: { file: string; error: string }
  metricsNotExported: { url: string; error: string }
  changeReceived: { tenant: string; repository: string; change: string; event: string }
  failed: { what: string; error: string }
}

export type InternalEvent = keyof InternalEvents
type Level = 'debug' | 'info' | 'warn' | 'error'

export interface EventFact<E extends InternalEvent> {
  /** `debug` events are counted and not written. */
  readonly level: Level
  readonly says: string
  readonly counts?: {
    readonly metric: MetricKey
    /** Field that is added; 1 without it. */
    readonly by?: keyof InternalEvents[E]
    readonly labels: readonly (keyof InternalEvents[E])[]
  }
}

export const eventFacts: { readonly [E in InternalEvent]: EventFact<E> } = {
  started: { level: 'info', says: 'accepting requests' },
  stopping: { level: 'info', says: 'stopping: no new requests, what is open is committed and shipped' },
  stopped: { level: 'info', says: 'stopped; segments left are shipped at the next start' },
  startedWorker: { level: 'info', says: 'worker process started' },
  lostWorker: { level: 'error', says: 'worker process ended; another takes over its log' },
  recovered: { level: 'info', says: 'log read; what is in it and not stored will be shipped' },
  tailCut: { level: 'info', says: 'ignored the end of a segment that was never acknowledged' },
  blocksSpoiled: {
    level: 'error',
    says: 'acknowledged rows no longer match their checksum: check the disk',
    counts: { metric: 'logDamaged', by: 'rows', labels: [] },
  },
  sideFileMissing: {
    level: 'error',
    says: 'a data file has lost its side file and cannot be shipped: restore the side file, or delete both',
  },
  commitFailed: {
    level: 'error',
    says: 'the disk refused a commit; its requests were answered 503 and nothing of them is stored',
    counts: { metric: 'commitFailures', labels: ['table', 'failure'] },
  },
  admissionClosed: { level: 'warn', says: 'requests get 503' },
  admissionOpened: { level: 'info', says: 'requests are accepted again' },
  refused: { level: 'debug', says: '', counts: { metric: 'refused', labels: ['reason'] } },
  insertRetried: {
    level: 'warn',
    says: 'insert failed and is tried again with the same token',
    counts: { metric: 'insertRetries', labels: ['table', 'code'] },
  },
  viewRefused: {
    level: 'error',
    says: 'a materialized view refuses rows that its table has: fix the view, the insert is repeated until it passes',
    counts: { metric: 'viewRefusals', labels: ['table', 'code'] },
  },
  rowsQuarantined: {
    level: 'error',
    says: 'ClickHouse refuses these rows: set aside, the rest is stored',
    counts: { metric: 'quarantined', by: 'rows', labels: ['table', 'code'] },
  },
  watermarkFailed: { level: 'warn', says: 'watermark not written; readers see an older one' },
  sandboxesStale: {
    level: 'warn',
    says: 'sandboxes not read from ClickHouse; records are completed from what was heard here',
  },
  resendWindowShortened: {
    level: 'warn',
    says: 'more requests than resend.keysMax: the oldest are no longer recognised when they come again',
    counts: { metric: 'resendShortened', by: 'forgotten', labels: [] },
  },
  tenantsLoaded: { level: 'info', says: 'tenants read' },
  tenantsRefused: { level: 'error', says: 'tenants file is broken; the tenants read before stay valid' },
  tlsReloaded: { level: 'info', says: 'certificate read' },
  tlsRefused: { level: 'error', says: 'certificate is broken; the one read before stays in use' },
  metricsNotExported: {
    level: 'warn',
    says: 'own metrics were not taken by the receiver; the next export has the same counters',
    counts: { metric: 'exportFailures', labels: [] },
  },
  changeReceived: { level: 'info', says: 'a change was merged or reverted' },
  failed: { level: 'error', says: 'unexpected failure' },
}
