/** Bounds of what waits and what is sent. */

export const QUEUE_SPANS_MAX = 8_192
export const QUEUE_EVENTS_MAX = 16_384
/** Estimated bytes of records that wait, spans and events each. */
export const QUEUE_BYTES_MAX = 8 * 1024 * 1024
/** A request carries at most this many records and about this many bytes. */
export const BATCH_RECORDS_MAX = 512
export const BATCH_BYTES_MAX = 1024 * 1024
/** Serialized requests that wait for a receiver that answers; the oldest goes first. */
export const PARCELS_BYTES_MAX = 4 * 1024 * 1024

export const FLUSH_INTERVAL_MS = 1_000
/** This many waiting records start a flush at once. */
export const FLUSH_RECORDS = 512

export const ATTEMPTS_MAX = 4
export const ATTEMPT_TIMEOUT_MS = 10_000
export const BACKOFF_MS = 200
/** Longest wait between two attempts; a receiver that asks for more gets the request with a later flush. */
export const RETRY_AFTER_MS_MAX = 5_000

/** Longest string that leaves, characters; a cut one ends in {@link CUT_MARK}. */
export const STRING_LENGTH_MAX = 8_192
export const CUT_MARK = '…[cut]'
