/** ClickHouse's numbers of the errors this interface raises itself; a test compares them with the engine's. */
export const CODES = {
  BAD_ARGUMENTS: 36,
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NETWORK_ERROR: 210,
  QUERY_IS_TOO_LARGE: 229,
  ABORTED: 236,
  CANNOT_DECOMPRESS: 271,
  TOO_MANY_BYTES: 307,
  QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  UNKNOWN_EXCEPTION: 1002,
} as const

export type CodeName = keyof typeof CODES

/**
 * HTTP status by error number, as the ClickHouse server answers
 * (https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp);
 * what is not listed is 500. 202 is 503 here, so that clients come back.
 */
const CODES_BY_STATUS: Readonly<Record<number, readonly number[]>> = {
  400: [
    6, 8, 15, 25, 26, 27, 36, 38, 41, 43, 44, 53, 59, 62, 72, 117, 167, 168, 223, 271, 321, 376, 427, 441,
    675, 676,
  ],
  401: [194],
  403: [192, 193, 497, 512, 516],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 139, 152, 336],
  408: [159],
  411: [381],
  413: [131, 229, 307],
  501: [48],
  503: [202, 209, 236, 439],
}

const STATUS_BY_CODE = new Map(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) =>
    codes.map((code) => [code, Number(status)] as const),
  ),
)

/** HTTP status of an error with that number. */
export function statusOf(code: number): number {
  return STATUS_BY_CODE.get(code) ?? 500
}
