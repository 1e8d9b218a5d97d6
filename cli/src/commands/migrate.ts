import { migrate, MigrationError, planMigrations, type PlannedMigration } from '@sandglass/schemas/migrate'
import { Command } from 'commander'
import { connectWriter, type ConnectionFlags } from '../clickhouse.ts'
import { UsageError } from '../errors.ts'
import { withConnection } from './connection-options.ts'
import { deploymentOf, withDeployment, type DeploymentFlags } from './deployment-options.ts'

interface MigrateFlags extends ConnectionFlags, DeploymentFlags {
  readonly plan?: boolean
  readonly json?: boolean
}

export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('bring ClickHouse to the newest schema; safe to run from several processes at once')
    .option('--plan', 'print what would run, change nothing')
    .option('--json', 'print one JSON line')
  return withDeployment(withConnection(command)).action(runMigrate)
}

async function runMigrate(flags: MigrateFlags): Promise<void> {
  const client = await connectWriter(flags)
  const deployment = deploymentOf(flags)
  try {
    if (flags.plan === true)
      return printPlan(await planMigrations(client, { deployment }), flags.json === true)
    const report = await migrate(client, { deployment })
    console.log(flags.json === true ? JSON.stringify(report) : renderReport(report.applied, report.version))
  } catch (error) {
    if (error instanceof MigrationError) throw new UsageError(error.message, { cause: error })
    throw error
  } finally {
    await client.close()
  }
}

const renderReport = (applied: readonly string[], version: number): string =>
  [...applied.map((name) => `applied ${name}`), `schema version ${version}`].join('\n')

function printPlan(plan: readonly PlannedMigration[], json: boolean): void {
  if (json) return console.log(JSON.stringify(plan))
  for (const { name, state, statements } of plan) {
    console.log(`${state.padEnd(8)} ${name}`)
    for (const statement of statements) console.log(`${statement};\n`)
  }
}
