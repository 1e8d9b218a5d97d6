import { budgetOverride, endOverride } from '@sandglass/enforcer'
import { attr } from '@sandglass/schemas/semconv'
import { Command } from 'commander'
import { parseTtl, recordEvent, type CollectorFlags } from '../enforcement.ts'
import { backtestCommand } from './budget-backtest.ts'
import { explainCommand } from './budget-explain.ts'
import { withAuthority, withCollector } from './collector-options.ts'

interface AuthorityFlags extends CollectorFlags {
  readonly ticket: string
  readonly reason: string
  readonly actor: string
  readonly json?: boolean
}

interface OverrideFlags extends AuthorityFlags {
  readonly scope: string
  readonly ttl: string
  readonly approver?: string
}

export function budgetCommand(): Command {
  const budget = new Command('budget').description(
    'override a budget, explain a decision, replay a document over history',
  )
  const override = budget
    .command('override')
    .description('lift a budget for a while: who was suspended by it may go on')
    .argument('<budget>', 'id of the budget')
    .requiredOption('--scope <key>', 'whose: for example team=payments, task=…, or * for all')
    .requiredOption('--ttl <duration>', 'for how long: 30m, 4h')
    .option('--approver <id>', 'second person; untrusted (tier C) sandboxes need one')
  withAuthority(withCollector(override)).action(runOverride)
  const end = budget
    .command('end')
    .description('end an override before it expires')
    .argument('<override>', 'its id')
  withAuthority(withCollector(end)).action(runEnd)
  budget.addCommand(explainCommand())
  budget.addCommand(backtestCommand())
  return budget
}

async function runOverride(budget: string, flags: OverrideFlags): Promise<void> {
  const { scope, actor, approver, reason, ticket } = flags
  const expiresAtMs = Date.now() + parseTtl(flags.ttl)
  const { attributes } = await recordEvent(flags, (nowMs) =>
    budgetOverride({ budget, scope, actor, approver, reason, ticket, expiresAtMs }, nowMs),
  )
  const id = String(attributes[attr.overrideId])
  const expiresAt = new Date(expiresAtMs).toISOString()
  console.log(
    flags.json === true
      ? JSON.stringify({ override: id, budget, scope, expiresAt })
      : `override ${id} of budget ${budget} for ${scope} until ${expiresAt}: recorded. The enforcer acts at its next tick.`,
  )
}

async function runEnd(id: string, flags: AuthorityFlags): Promise<void> {
  const { actor, reason, ticket } = flags
  await recordEvent(flags, (nowMs) => endOverride({ id, actor, reason, ticket }, nowMs))
  console.log(
    flags.json === true ? JSON.stringify({ override: id, ended: true }) : `override ${id} ended: recorded`,
  )
}
