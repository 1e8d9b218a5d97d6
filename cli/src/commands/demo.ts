import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAgentWorker, type AgentWorker } from '@sandglass/example-agent-worker/local'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command } from 'commander'
import pc from 'picocolors'
import { connectReader } from '../clickhouse.ts'
import { letGoOn } from '../demo/let-go-on.ts'
import { runRound, type Round } from '../demo/run-agents.ts'
import { summarize, summaryFaults, type Summary } from '../demo/summary.ts'
import { OperationError } from '../errors.ts'
import { printStep } from '../output/progress.ts'
import { ensureSecret, openDataDirectory } from '../stack/data-directory.ts'
import { enforcerConfig } from '../stack/enforcer-config.ts'
import { openLogFile } from '../stack/log-file.ts'
import { startStack, type Stack } from '../stack/stack.ts'
import { stopSignal } from '../stack/stop-signal.ts'
import { withStack, type StackFlags } from './stack-options.ts'

interface DemoFlags extends StackFlags {
  readonly once?: boolean
  readonly json?: boolean
}

const ROUND_PAUSE_MS = 20_000
const BUDGETS_DEFAULT = fileURLToPath(new URL('../demo/budgets.yaml', import.meta.url))

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('up, and example agents that do real work with real commands on real workerd')
    .option('--once', 'run the agents once, wait until everything is stored, sum up and end')
    .option('--json', 'print the summary as one JSON line, last')
  return withStack(command).action(runDemo)
}

async function runDemo(flags: DemoFlags): Promise<void> {
  const signal = stopSignal()
  const directory = await openDataDirectory(flags.dataDir)
  const log = openLogFile(directory.root, flags.verbose === true)
  const stack = await startStack({ ...flags, directory, log: log.write, progress: printStep })
  try {
    const failed = stack.failed.then((how) => {
      throw new OperationError(`${how}: see ${log.path}`)
    })
    await Promise.race([workUntil(signal, stack, flags), failed])
  } finally {
    await stack.stop()
    await log.close()
  }
}

async function workUntil(signal: Promise<unknown>, stack: Stack, flags: DemoFlags): Promise<void> {
  printStep('starting workerd and the local container engine')
  const worker = await startAgentWorker({
    otlpEndpoint: stack.endpoints.otlpUrl,
    governorSecret: await ensureSecret(stack.directory, 'governor'),
  })
  const reader = await connectReader(flags)
  try {
    const budgets = flags.budgets ?? BUDGETS_DEFAULT
    await stack.startEnforcer(await enforcerConfig(stack, { budgets, governorUrl: worker.url }))
    if (flags.once === true) await runOnce(worker, reader, stack, flags)
    else await runRounds(signal, worker, reader, stack)
  } finally {
    await reader.close()
    await worker.stop()
  }
}

const startRound = (worker: AgentWorker, reader: ClickHouseClient, stack: Stack): Promise<Round> =>
  runRound({ worker, progress: printStep, letGoOn: (task) => letGoOn(task, reader, stack.endpoints.otlpUrl) })

async function runOnce(
  worker: AgentWorker,
  reader: ClickHouseClient,
  stack: Stack,
  flags: DemoFlags,
): Promise<void> {
  const since = new Date()
  const { results } = await startRound(worker, reader, stack)
  printStep('sending what is left, waiting until it is stored')
  const summary = await summarize(reader, results, await worker.drain(), since)
  printSummary(summary, flags.json === true)
  const faults = summaryFaults(summary)
  if (faults.length > 0) throw new OperationError(`the round is incomplete: ${faults.join('; ')}`)
}

function printSummary(summary: Summary, json: boolean): void {
  if (json) return console.log(JSON.stringify(summary))
  for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(16)} ${value}`)
}

/** Round after round until a signal comes. */
async function runRounds(
  signal: Promise<unknown>,
  worker: AgentWorker,
  reader: ClickHouseClient,
  stack: Stack,
): Promise<void> {
  const stopped = signal.then(() => true)
  for (;;) {
    const round = startRound(worker, reader, stack).then(printRound)
    if ((await Promise.race([round, stopped])) === true) return
    if (await Promise.race([sleep(ROUND_PAUSE_MS, false), stopped])) return
  }
}

function printRound({ results }: Round): void {
  for (const { taskId, outcome } of results) {
    console.log(`${outcome.padEnd(10)} ${pc.cyan(`npx sandglass task ${taskId}`)}`)
  }
}
