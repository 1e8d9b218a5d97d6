/** Counts of one Sandglass: acknowledged means a 200, less what that answer rejected. */
export interface Stats {
  readonly spansEnded: number
  readonly spansAcked: number
  readonly spansRejected: number
  readonly eventsRecorded: number
  readonly eventsAcked: number
  readonly eventsRejected: number
  /** Lost before they could be acknowledged: queue full, permanent error, retries used up. */
  readonly spansDropped: number
  readonly eventsDropped: number
  /** Waiting to be sent. */
  readonly pending: number
  /** Export requests that failed for good. */
  readonly exportErrors: number
  /** Errors of the SDK itself that were kept from the host. */
  readonly internalErrors: number
}
