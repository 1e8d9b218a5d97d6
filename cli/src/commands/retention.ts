import { loadConfig } from '@sandglass/schemas/config'
import { renderRetention, retentionSchema, type Retention } from '@sandglass/schemas/migrate/retention'
import { Command } from 'commander'
import { connectWriter, type ConnectionFlags } from '../clickhouse.ts'
import { OperationError } from '../errors.ts'
import { withConnection } from './connection-options.ts'
import { deploymentOf, withDeployment, type DeploymentFlags } from './deployment-options.ts'

interface RetentionFlags extends ConnectionFlags, DeploymentFlags {
  readonly config: string
  readonly plan?: boolean
  readonly json?: boolean
}

export function retentionCommand(): Command {
  const root = new Command('retention').description(
    'how long rows are kept, and the legal hold that keeps all',
  )
  const apply = root
    .command('apply')
    .description('set how long raw and audit tables keep their rows; may run again')
    .requiredOption('--config <file>', 'YAML: rawDays (30), auditDays (400), legalHold (false)')
    .option('--plan', 'print the statements, change nothing')
    .option('--json', 'print one JSON line')
    .addHelpText('after', AFTER_HELP)
  withDeployment(withConnection(apply)).action(runApply)
  return root
}

const AFTER_HELP = `
legalHold: true keeps every row of every table, those that are due included, until it is applied again without.
Without a hold spend is kept for 25 months, closed months for good. Rows that a merge has dropped are gone: hold first, ask later.
`

async function runApply(flags: RetentionFlags): Promise<void> {
  const retention = loadConfig(retentionSchema, flags.config, process.env)
  const statements = await renderRetention(retention, deploymentOf(flags))
  if (flags.plan !== true) await applyAll(flags, statements)
  print(flags, retention, statements)
}

async function applyAll(flags: RetentionFlags, statements: readonly string[]): Promise<void> {
  const client = await connectWriter(flags)
  try {
    for (const [index, query] of statements.entries()) {
      await client.command({ query }).catch((error: unknown) => raise(error, index, statements))
    }
  } finally {
    await client.close()
  }
}

function raise(error: unknown, done: number, statements: readonly string[]): never {
  throw new OperationError(
    `${done} of ${statements.length} tables have the retention, then this failed: ${statements[done]}: ` +
      `${error instanceof Error ? error.message : String(error)}. Run the command again once it is mended`,
    { cause: error },
  )
}

function print({ plan, json }: RetentionFlags, retention: Retention, statements: readonly string[]): void {
  if (json === true)
    return console.log(
      JSON.stringify({ applied: plan !== true, ...retention, tables: statements.length, statements }),
    )
  if (plan === true) return console.log(statements.map((sql) => `${sql};`).join('\n'))
  const { rawDays, auditDays, legalHold } = retention
  const kept = legalHold
    ? 'legal hold: nothing expires'
    : `raw rows ${rawDays} days, audit rows ${auditDays} days`
  console.log(`${kept} (${statements.length} tables)`)
}
