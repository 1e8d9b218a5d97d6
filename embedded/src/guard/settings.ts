import { availableParallelism, totalmem } from 'node:os'
import { refuse } from '../errors/clickhouse-error.ts'

/** Longest a statement of the read port may run, seconds. */
export const EXECUTION_SECONDS_MAX = 60
/** Largest result, bytes in the engine's own representation. */
export const RESULT_BYTES_MAX = 1024 ** 3
/** Most memory of one statement, bytes. */
export const MEMORY_BYTES_MAX = Math.min(4 * 1024 ** 3, Math.floor(totalmem() / 4))

/** Settings a reader may lower but not raise; 0 would mean no limit. */
export type Caps = ReadonlyMap<string, number>

export const OPERATOR_CAPS: Caps = new Map([
  ['max_execution_time', EXECUTION_SECONDS_MAX],
  ['max_result_bytes', RESULT_BYTES_MAX],
  ['max_memory_usage', MEMORY_BYTES_MAX],
  ['max_threads', availableParallelism()],
])

/** What one query of a reader held to tenants may take: seconds, bytes and rows. Server roles have the same. */
export const TENANT_CAPS: Caps = new Map([
  ...OPERATOR_CAPS,
  ['max_execution_time', 30],
  ['max_bytes_to_read', 200 * 1000 ** 3],
  ['max_rows_to_read', 5_000_000_000],
  ['max_result_rows', 100_000],
  ['max_result_bytes', 100 * 1000 ** 2],
])

/** Settings a reader may choose: limits that only make a statement cheaper, and how results look. */
const FREE = new Set(
  (
    'date_time_input_format date_time_output_format enable_http_compression extremes join_use_nulls log_comment ' +
    'http_headers_progress_interval_ms http_zlib_compression_level max_block_size max_bytes_to_read max_result_rows ' +
    'max_rows_to_read read_overflow_mode result_overflow_mode send_progress_in_http_headers session_timezone ' +
    'timeout_overflow_mode format_csv_delimiter format_csv_null_representation format_tsv_null_representation'
  ).split(' '),
)

/** By family, since one of the others names a file the engine then writes (`output_format_schema`). */
const FREE_FORMAT =
  /^output_format_(arrow|csv|json|markdown|native|orc|parquet|pretty|tsv|values|write_statistics|xml|decimal_trailing_zeros)(_|$)/

/**
 * The settings a read statement runs with.
 * @throws ClickHouseError READONLY for a setting a reader may not change.
 */
export function readSettings(
  asked: ReadonlyMap<string, string>,
  limits: Caps = OPERATOR_CAPS,
): ReadonlyMap<string, string> {
  const chosen = [...asked].filter(([name, value]) => !isHarmlessReadonly(name, value))
  for (const [name] of chosen) {
    if (limits.has(name) || FREE.has(name) || FREE_FORMAT.test(name)) continue
    throw refuse(
      'READONLY',
      `Cannot modify '${name}' setting in readonly mode: the read port does not allow it.`,
    )
  }
  const caps = [...limits].map(([name, max]) => [name, String(capped(asked.get(name), max))] as const)
  return new Map([...chosen, ...caps, ['readonly', '1']])
}

/** Clients that know they only read say so. */
function isHarmlessReadonly(name: string, value: string): boolean {
  return name === 'readonly' && ['1', '2', 'true'].includes(value)
}

function capped(asked: string | undefined, max: number): number {
  const wanted = Number(asked)
  return asked !== undefined && wanted > 0 ? Math.min(wanted, max) : max
}
