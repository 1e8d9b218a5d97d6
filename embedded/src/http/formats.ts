const UTF8 = 'charset=UTF-8'

/** Content types by output format, as the server sends them. */
const CONTENT_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^JSON.*EachRow|^JSONLines$|^NDJSON$/i, `application/x-ndjson; ${UTF8}`],
  [/^JSON/i, `application/json; ${UTF8}`],
  [/^(TSV|TabSeparated)/i, `text/tab-separated-values; ${UTF8}`],
  [/^CSV/i, `text/csv; ${UTF8}; header=absent`],
  [/^XML$/i, `application/xml; ${UTF8}`],
  [
    /^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf|CapnProto|BSON|Npy)/i,
    'application/octet-stream',
  ],
]

/** Format of a result nobody named a format for. */
export const DEFAULT_FORMAT = 'TabSeparated'

export function contentTypeOf(format: string): string {
  return CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? `text/plain; ${UTF8}`
}
