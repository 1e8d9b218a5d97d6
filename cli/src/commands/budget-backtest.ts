import { BACKTEST_MS_MAX, loadBudgets, runBacktest, type Backtest } from '@sandglass/enforcer'
import { Command } from 'commander'
import { connectReader, type ConnectionFlags } from '../clickhouse.ts'
import { UsageError } from '../errors.ts'
import { parseInstant } from './params.ts'
import { renderRows } from '../output/render-rows.ts'
import { withConnection } from './connection-options.ts'

interface BacktestFlags extends ConnectionFlags {
  readonly from: string
  readonly to?: string
  readonly tenant: string
  readonly json?: boolean
}

const DAY_MS = 86_400_000

export function backtestCommand(): Command {
  const command = new Command('backtest')
    .description(
      'replay a budget document over stored history: when it would have acted, what it would have saved',
    )
    .argument('<file>', 'budgets.yaml')
    .requiredOption(
      '--from <instant>',
      `start, ISO 8601; at most ${BACKTEST_MS_MAX / DAY_MS} days before the end`,
    )
    .option('--to <instant>', 'end, ISO 8601; default now')
    .option('--tenant <id>', 'tenant whose history is replayed', 'default')
    .option('--json', 'print one JSON object')
  return withConnection(command).action(replay)
}

async function replay(file: string, flags: BacktestFlags): Promise<void> {
  const nowMs = Date.now()
  const range = {
    fromMs: parseInstant('--from', flags.from),
    toMs: flags.to === undefined ? nowMs : parseInstant('--to', flags.to),
  }
  const document = loadBudgets(file, process.env)
  const reader = await connectReader(flags)
  try {
    const backtest = await runBacktest(reader, flags.tenant, document, range, nowMs)
    console.log(flags.json === true ? JSON.stringify(backtest) : render(backtest))
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    throw error
  } finally {
    await reader.close()
  }
}

function render({ results, skipped }: Backtest): string {
  const rows = results.map((r) => [
    r.budget,
    r.window,
    r.scope,
    r.turns.map(({ to }) => to).join(' → '),
    Math.round(r.suspendedMs / 1000),
    r.savedUsd,
    r.tasksStopped,
    r.successesStopped,
  ])
  const columns = [
    'budget',
    'window',
    'scope',
    'verdicts',
    'suspended s',
    'saved USD',
    'tasks stopped',
    'of them successes',
  ]
  return [
    renderRows({ columns, rows }, 'table'),
    ...skipped.map(({ budget, window, reason }) => `not replayed: ${budget} ${window}: ${reason}`),
  ].join('\n')
}
