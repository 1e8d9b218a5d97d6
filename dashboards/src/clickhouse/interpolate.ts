/**
 * What Grafana and the ClickHouse datasource do to a query before they send it: dashboard variables in the browser,
 * time macros in the plugin. Used to run the shipped queries without a Grafana: in tests, benchmarks and the CLI.
 */

export interface QueryContext {
  /** Unix time in ms, as chosen in the time picker. */
  readonly fromMs: number
  readonly toMs: number
  /** Width of one point of a time series. */
  readonly intervalMs: number
  /** Chosen values by variable name; several where the variable allows it. */
  readonly variables?: Readonly<Record<string, string | readonly string[]>>
}

/** Plain SQL for the engine. Throws on a macro or variable that it does not know: Grafana would send it unchanged. */
export function interpolateQuery(sql: string, context: QueryContext): string {
  const expanded = expandMacros(expandVariables(sql, context), context)
  const leftover = /\$__\w+|\$\{[^}]*\}/.exec(expanded)
  if (leftover) throw new Error(`unknown macro or variable ${leftover[0]} in query: ${sql}`)
  return expanded
}

function expandVariables(sql: string, { variables = {} }: QueryContext): string {
  return sql.replace(/\$\{(\w+):singlequote\}/g, (whole, name: string) => {
    const value = variables[name]
    if (value === undefined) return whole
    return [value].flat().map(quoteText).join(',')
  })
}

function expandMacros(sql: string, { fromMs, toMs, intervalMs }: QueryContext): string {
  const from = timeLiteral(fromMs)
  const to = timeLiteral(toMs)
  return sql
    .replace(/\$__fromTime_ms\b/g, from)
    .replace(/\$__toTime_ms\b/g, to)
    .replace(/\$__timeFilter_ms\((\w+)\)/g, `$1 >= ${from} AND $1 <= ${to}`)
    .replace(
      /\$__timeInterval_ms\((\w+)\)/g,
      `toStartOfInterval(toDateTime64($1, 3), INTERVAL ${Math.max(1, intervalMs)} millisecond)`,
    )
    .replace(/\$__interval_s\b/g, String(Math.max(1, Math.floor(intervalMs / 1000))))
}

const timeLiteral = (ms: number) => `fromUnixTimestamp64Milli(${ms})`

/** A ClickHouse string literal, quoted as Grafana's `:singlequote` does. */
function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
