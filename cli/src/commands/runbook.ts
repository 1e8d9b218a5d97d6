import {
  bindParameters,
  listRunbooks,
  loadRunbook,
  RunbookError,
  type Runbook,
  type RunbookQuery,
} from '@sandglass/runbooks'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command } from 'commander'
import pc from 'picocolors'
import { connectReader, readRows, type ConnectionFlags } from '../clickhouse.ts'
import { UsageError } from '../errors.ts'
import { renderRows, type ResultSet } from '../output/render-rows.ts'
import { withConnection } from './connection-options.ts'
import { collect, parseParams } from './params.ts'

interface RunFlags extends ConnectionFlags {
  readonly param: readonly string[]
  readonly json?: boolean
}

export function runbookCommand(): Command {
  const runbook = new Command('runbook').description('read runbooks and run their queries')
  runbook.command('list').description('name every runbook').action(printNames)
  runbook
    .command('show')
    .description('print one runbook')
    .argument('<alert>', 'name of the alert')
    .action((alert: string) => printText(usable(() => loadRunbook(alert))))
  const run = runbook
    .command('run')
    .description("run a runbook's queries, in its order")
    .argument('<alert>', 'name of the alert')
    .argument('[query]', 'only this query')
    .option('--param <name=value>', 'value of a parameter; may be repeated', collect, [])
    .option('--json', 'print one JSON line per query')
  withConnection(run).action(runQueries)
  return runbook
}

const printNames = (): void => console.log(listRunbooks().join('\n'))

function printText({ name, sections }: Runbook): void {
  console.log(
    [`# ${name}`, ...Object.entries(sections).map(([heading, text]) => `\n## ${heading}\n\n${text}`)].join(
      '\n',
    ),
  )
}

async function runQueries(alert: string, only: string | undefined, flags: RunFlags): Promise<void> {
  const runbook = usable(() => loadRunbook(alert))
  const queries = runbook.queries.filter(({ name }) => only === undefined || name === only)
  if (queries.length === 0) {
    throw new UsageError(
      `${alert} has no query ${only}; it has: ${runbook.queries.map((q) => q.name).join(', ')}`,
    )
  }
  const given = parseParams(flags.param)
  const bound = queries.map((query) => ({
    query,
    params: usable(() => bindParameters(runbook, query, given)),
  }))
  const reader = await connectReader(flags)
  try {
    for (const { query, params } of bound) await runOne(reader, query, params, flags.json === true)
  } finally {
    await reader.close()
  }
}

async function runOne(
  reader: ClickHouseClient,
  query: RunbookQuery,
  params: Readonly<Record<string, string>>,
  json: boolean,
): Promise<void> {
  const result = await readRows(reader, query.sql, params)
  console.log(
    json
      ? renderJsonLine(query, result)
      : `${pc.bold(query.name)}: ${query.description}\n${renderRows(result, 'table')}\n`,
  )
}

const renderJsonLine = ({ name }: RunbookQuery, result: ResultSet): string =>
  JSON.stringify({ query: name, rows: JSON.parse(renderRows(result, 'json')) as unknown })

/** A wrong name or value is the caller's to mend. */
function usable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RunbookError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
