/** `enforcer --config <file.yaml>`: one ready line on stdout, log lines on stderr; SIGHUP reads the budgets again. */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@sandglass/schemas/config'
import type { EnforcerConfig } from '@sandglass/schemas/config/enforcer'
import { loadBudgets, loadEnforcerConfig } from './config.ts'
import { nodePorts } from './ports.ts'
import { startEnforcer, type Enforcer } from './start.ts'

const EXIT_STOPPED = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

interface Invocation {
  readonly config: EnforcerConfig
  /** Absolute path of the budget document; undefined when it stands in the configuration. */
  readonly budgetsPath: string | undefined
}

function readInvocation(): Invocation {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } })
    const config = loadEnforcerConfig(values.config, process.env)
    const { budgetsFile } = config
    const budgetsPath =
      budgetsFile === undefined ? undefined : resolve(dirname(values.config ?? '.'), budgetsFile)
    return { config, budgetsPath }
  } catch (error) {
    const advice = error instanceof ConfigError ? '' : '\nusage: enforcer [--config <file.yaml>]'
    return exitWith(EXIT_USAGE, `${messageOf(error)}${advice}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

/** A document with faults leaves the one in force. */
function reload(enforcer: Enforcer, path: string): void {
  try {
    enforcer.setBudgets(loadBudgets(path, process.env))
    nodePorts.log('info', 'budgets read again', { path })
  } catch (error) {
    nodePorts.log('error', 'budgets not read: those in force stay', { path, cause: messageOf(error) })
  }
}

async function run(): Promise<void> {
  const { config, budgetsPath } = readInvocation()
  const enforcer = await startEnforcer(config)
  const stop = (): void => {
    void enforcer.stop().then(
      () => process.exit(EXIT_STOPPED),
      (error: unknown) => exitWith(EXIT_FAILED, messageOf(error)),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (budgetsPath !== undefined) process.on('SIGHUP', () => reload(enforcer, budgetsPath))
  // Dies with its parent, also when that was killed.
  if (process.env['SANDGLASS_EXIT_WITH_STDIN'] === '1') process.stdin.once('end', stop).resume()
  const { url, enforcerId } = enforcer
  process.stdout.write(`${JSON.stringify({ event: 'ready', name: 'enforcer', url, enforcerId })}\n`)
}

run().catch((error: unknown) => exitWith(EXIT_FAILED, messageOf(error)))
