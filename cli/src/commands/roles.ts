import { renderRoles } from '@sandglass/schemas/migrate/roles'
import { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { deploymentOf, withDeployment, type DeploymentFlags } from './deployment-options.ts'
import { collect } from './params.ts'

interface RolesFlags extends DeploymentFlags {
  readonly tenant: readonly string[]
  readonly json?: boolean
}

export function rolesCommand(): Command {
  const command = new Command('roles')
    .description(
      'print the SQL of the roles of a ClickHouse server: writer, enforcer, grafana_reader, one for each tenant',
    )
    .option('--tenant <id>', 'tenant that gets a reader of its own; may be repeated', collect, [])
    .option('--json', 'print one JSON line')
    .addHelpText('after', AFTER_HELP)
  return withDeployment(command).action(printRoles)
}

const AFTER_HELP = `
Run it as an administrator, after each migration, since new tables need policies of their own:
  sandglass roles --database sandglass --tenant acme | clickhouse-client --multiquery
Then: CREATE USER grafana_acme IDENTIFIED BY '…' DEFAULT ROLE grafana_reader_acme
The embedded engine has no users: there, sandglass up --readers holds tokens to tenants.
`

async function printRoles(flags: RolesFlags): Promise<void> {
  const statements = await render(flags)
  console.log(
    flags.json === true
      ? JSON.stringify({ statements })
      : statements.map((statement) => `${statement};`).join('\n'),
  )
}

async function render(flags: RolesFlags): Promise<readonly string[]> {
  try {
    return await renderRoles({
      deployment: deploymentOf(flags),
      database: flags.database,
      tenants: flags.tenant,
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
