import pc from 'picocolors'
import { Command } from 'commander'
import { OperationError } from '../errors.ts'
import { printStep } from '../output/progress.ts'
import { openDataDirectory } from '../stack/data-directory.ts'
import { loadReaders } from '../stack/readers.ts'
import { openLogFile } from '../stack/log-file.ts'
import { startStack, type Stack } from '../stack/stack.ts'
import { stopSignal } from '../stack/stop-signal.ts'
import { enforcerConfig } from '../stack/enforcer-config.ts'
import { withStack, type StackFlags } from './stack-options.ts'

interface UpFlags extends StackFlags {
  readonly governorUrl?: string
  readonly readers?: string
}

export function upCommand(): Command {
  const command = new Command('up')
    .description('run everything in one place: embedded ClickHouse, collector, enforcer')
    .option('--governor-url <url>', 'Worker whose governor the enforcer acts through')
  command.option(
    '--readers <file>',
    'tokens of the ClickHouse port and the tenants each may read (YAML); without it anyone on this machine reads all',
  )
  return withStack(command).action(runUp)
}

async function runUp(flags: UpFlags): Promise<void> {
  const signal = stopSignal()
  const readTenants = flags.readers === undefined ? undefined : loadReaders(flags.readers)
  const directory = await openDataDirectory(flags.dataDir)
  const log = openLogFile(directory.root, flags.verbose === true)
  const stack = await startStack({ ...flags, readTenants, directory, log: log.write, progress: printStep })
  try {
    await stack.startEnforcer(await enforcerConfig(stack, flags))
    printEndpoints(stack, flags, log.path)
    const failed = await Promise.race([signal.then(() => undefined), stack.failed])
    if (failed !== undefined) throw new OperationError(`${failed}: see ${log.path}`)
    printStep('stopping: shipping what is in the log')
  } finally {
    await stack.stop()
    await log.close()
  }
}

function printEndpoints(stack: Stack, flags: UpFlags, logPath: string): void {
  const { otlpUrl, readUrl } = stack.endpoints
  const rows: readonly (readonly [string, string])[] = [
    ['OTLP/HTTP', `${otlpUrl}  POST /v1/traces, /v1/logs, /v1/metrics; protobuf or JSON`],
    [
      'ClickHouse',
      `${readUrl}  read-only HTTP, ${flags.readers === undefined ? 'for Grafana, curl and people' : `for the tokens in ${flags.readers}`}`,
    ],
    [
      'enforcer',
      flags.budgets === undefined
        ? 'running without budgets (--budgets <file>)'
        : `budgets from ${flags.budgets}`,
    ],
    ['data', stack.directory.root],
    ['log', logPath],
  ]
  console.log(pc.bold('Sandglass is up'))
  for (const [name, text] of rows) console.log(`  ${name.padEnd(10)}  ${text}`)
  console.log(
    `\nNext: ${pc.cyan('npx sandglass doctor')} proves the round trip, ${pc.cyan('npm run demo')} (after Ctrl-C) lets agents work.`,
  )
}
