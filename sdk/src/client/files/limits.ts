/** Reports of one path within this time, milliseconds, are of one change: a write is told as made, then as written. */
export const SAME_CHANGE_MS = 1_000
/** That a file is not there is believed this long, milliseconds: others may make it. */
export const ABSENCE_MS_MAX = 5_000
/** Paths whose last change is remembered for one client. */
export const PATHS_MAX = 1_000
/** A longer line of a watch stream is skipped: paths have at most 4 096 bytes, which JSON may escape. */
export const LINE_CHARS_MAX = 32_768
