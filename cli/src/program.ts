/** All commands, in the order of --help. */
import { Command } from 'commander'
import { budgetCommand } from './commands/budget.ts'
import { chargesCommand } from './commands/charges.ts'
import { closeCommand } from './commands/close.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { enforcerCommand } from './commands/enforcer.ts'
import { exportCommand } from './commands/export.ts'
import { initCommand } from './commands/init.ts'
import { migrateCommand } from './commands/migrate.ts'
import { queryCommand } from './commands/query.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { retentionCommand } from './commands/retention.ts'
import { rolesCommand } from './commands/roles.ts'
import { runbookCommand } from './commands/runbook.ts'
import { taskCommand } from './commands/task.ts'
import { upCommand } from './commands/up.ts'
import { verifyMeterCommand } from './commands/verify-meter.ts'

const commands = [
  upCommand,
  demoCommand,
  initCommand,
  doctorCommand,
  taskCommand,
  queryCommand,
  runbookCommand,
  budgetCommand,
  enforcerCommand,
  reconcileCommand,
  verifyMeterCommand,
  chargesCommand,
  closeCommand,
  exportCommand,
  migrateCommand,
  rolesCommand,
  retentionCommand,
] as const

export function createProgram(): Command {
  const program = new Command('sandglass')
    .description('Agent-native observability and cost governance for coding agents in Cloudflare Sandboxes')
    .showHelpAfterError('(run with --help for the options)')
    .configureHelp({ showGlobalOptions: true })
  for (const command of commands) program.addCommand(command())
  return program
}
