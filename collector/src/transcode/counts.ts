/** What the transcoder met besides good rows: monotonic, read by the collector's own telemetry. */
export interface TranscodeCounts {
  /** Timestamps that were missing or outside [now - retention, now + 1 h]. */
  timestampsClamped: number
  /** Records of which something was cut at a limit. */
  recordsTruncated: number
  /** Strings in which a secret was found and cut. */
  stringsRedacted: number
  /** Records that name a sandbox of which nothing is known, and no team. */
  sandboxesUnknown: number
  /** Records that got context from what is known of their sandbox. */
  recordsCompleted: number
  /** Charges made from the events that carry money. */
  chargesMade: number
  /** Events that carry money of which no charge could be made. */
  chargesFailed: number
}

export function zeroCounts(): TranscodeCounts {
  return {
    timestampsClamped: 0,
    recordsTruncated: 0,
    stringsRedacted: 0,
    sandboxesUnknown: 0,
    recordsCompleted: 0,
    chargesMade: 0,
    chargesFailed: 0,
  }
}
