import { ClickHouseError, fromEngine } from '../errors/clickhouse-error.ts'
import { escapeTabSeparated } from '../sql/literal.ts'

/** Lets the engine parse a statement and print it back; nothing of it is run. */
export async function printStatement(
  ask: (sql: string, parameters: ReadonlyMap<string, string>) => Promise<string>,
  sql: string,
): Promise<string> {
  try {
    return await ask(
      'SELECT formatQuerySingleLine({sql:String})',
      new Map([['sql', escapeTabSeparated(sql)]]),
    )
  } catch (error) {
    const { code, message } = fromEngine(error)
    throw new ClickHouseError(code, message.replace(OWN_PART, '. ('), { cause: error })
  }
}

const OWN_PART = /: In scope SELECT formatQuerySingleLine\(.*\)\. \(/s
