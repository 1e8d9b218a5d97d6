/** One question about every operational failure: would a retry help? Answered here, by code, and nowhere else. */
import { ClickHouseError } from '@clickhouse/client'
import { LogBrokenError } from './wal/open-segment.ts'

/** Trying again later may succeed. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError'
  readonly code: string

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** The same data will be refused again. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError'
  readonly code: string

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/**
 * Codes with which ClickHouse says that the rows themselves are at fault. Everything else is retried: a missing table, a
 * full disk, a wrong password are cured by time or by an operator, and nothing may be thrown away meanwhile.
 */
const DATA_FAULTS: Readonly<Record<string, string>> = {
  '6': 'CANNOT_PARSE_TEXT',
  '26': 'CANNOT_PARSE_QUOTED_STRING',
  '27': 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  '32': 'ATTEMPT_TO_READ_AFTER_EOF',
  '33': 'CANNOT_READ_ALL_DATA',
  '38': 'CANNOT_PARSE_DATE',
  '41': 'CANNOT_PARSE_DATETIME',
  '53': 'TYPE_MISMATCH',
  '69': 'ARGUMENT_OUT_OF_BOUND',
  '70': 'CANNOT_CONVERT_TYPE',
  '72': 'CANNOT_PARSE_NUMBER',
  '117': 'INCORRECT_DATA',
  '128': 'TOO_LARGE_ARRAY_SIZE',
  '131': 'TOO_LARGE_STRING_SIZE',
  '153': 'ILLEGAL_DIVISION',
  '190': 'SIZES_OF_ARRAYS_DONT_MATCH',
  '321': 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  '349': 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  '376': 'CANNOT_PARSE_UUID',
  '395': 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
  '407': 'DECIMAL_OVERFLOW',
  '467': 'CANNOT_PARSE_BOOL',
  '469': 'VIOLATED_CONSTRAINT',
  '675': 'CANNOT_PARSE_IPV4',
  '676': 'CANNOT_PARSE_IPV6',
  '691': 'UNKNOWN_ELEMENT_OF_ENUM',
}

/** What an error of an insert means; one that was classified already stays what it is. */
export function classifyInsertError(error: unknown): RetryableError | PermanentError {
  if (error instanceof RetryableError || error instanceof PermanentError) return error
  if (!(error instanceof ClickHouseError)) return new RetryableError(codeOf(error), messageOf(error), error)
  const name = DATA_FAULTS[error.code]
  return name === undefined
    ? new RetryableError(error.type ?? error.code, error.message, error)
    : new PermanentError(name, error.message, error)
}

/** Codes with which the disk says that it is full; what was acknowledged is safe, and room may come back. */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export type CommitFailure = 'disk_full' | 'disk_failed' | 'log_broken'

/** What a failed commit means. After `log_broken` the process must end; the other two may pass. */
export function classifyCommitError(error: unknown): CommitFailure {
  if (error instanceof LogBrokenError) return 'log_broken'
  return DISK_FULL.has(codeOf(error)) ? 'disk_full' : 'disk_failed'
}

/** The `code` of a Node error, else its name. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
