/** Bounds of a scan: what lies beyond is not seen, and the events say that it was incomplete. */
export const FILES_MAX = 20_000
export const LISTING_BYTES_MAX = 4 * 1024 * 1024
export const SCAN_MS_MAX = 2_000
/** A larger file is watched without its hash. */
export const HASHED_BYTES_MAX = 1024 * 1024
export const HASHED_FILES_MAX = 200
/** A command that follows at once waits this long for the scan of the one before, then no longer. */
export const SCAN_WAIT_MS_MAX = 250
/** The first scan of a container is what later ones are compared with; the first command waits longer for it. */
export const BASELINE_WAIT_MS_MAX = 1_000
/** Changes of one scan that are told one by one. */
export const CHANGES_MAX = 1_000
/** Directories nobody wants a history of: tools fill them by the thousand. */
export const SKIPPED_DIRECTORIES = ['.git', 'node_modules', '.venv', '__pycache__', '.cache'] as const
