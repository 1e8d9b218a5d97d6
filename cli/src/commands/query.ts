import { Command, Option } from 'commander'
import { connectReader, readRows, type ConnectionFlags } from '../clickhouse.ts'
import { renderRows, type OutputFormat } from '../output/render-rows.ts'
import { namedQueries } from '../queries/named-queries.ts'
import { withConnection } from './connection-options.ts'
import { collect, parseParams } from './params.ts'

interface QueryFlags extends ConnectionFlags {
  readonly format: OutputFormat
  readonly json?: boolean
  readonly param: readonly string[]
  readonly list?: boolean
}

export function queryCommand(): Command {
  const command = new Command('query')
    .description('run SQL, or a query by its name, against the stored telemetry')
    .argument('[sql-or-name...]', 'SQL text, or the name of a query (--list shows them)')
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .option('--param <name=value>', 'value of a query parameter; may be repeated', collect, [])
    .option('--list', 'list the named queries')
  return withConnection(command).action(runQuery)
}

async function runQuery(words: readonly string[], flags: QueryFlags): Promise<void> {
  if (flags.list === true || words.length === 0) return printList()
  const sql = namedQueries.find(({ name }) => name === words[0])?.sql ?? words.join(' ')
  const reader = await connectReader(flags)
  try {
    const result = await readRows(reader, sql, parseParams(flags.param))
    console.log(renderRows(result, flags.json === true ? 'json' : flags.format))
  } finally {
    await reader.close()
  }
}

function printList(): void {
  const width = Math.max(...namedQueries.map(({ name }) => name.length))
  for (const { name, says, params } of namedQueries) {
    const needs = params.length === 0 ? '' : ` (--param ${params.map((p) => `${p}=…`).join(' --param ')})`
    console.log(`${name.padEnd(width)}  ${says}${needs}`)
  }
}
