/**
 * `collector --config <file.yaml>`: one ready line on stdout, log lines on stderr, SIGTERM and SIGINT stop it in order.
 * With `--replay-quarantine` it sends what was set aside once more, prints one JSON line and ends.
 */
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '@sandglass/schemas/config'
import { collectorConfigSchema, type CollectorConfig } from '@sandglass/schemas/config/collector'
import { messageOf } from './errors.ts'
import { replayCollectorQuarantine, startCollector } from './start.ts'
import { tuneCollection } from './tune-collection.ts'

const EXIT_STOPPED = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

interface Invocation {
  readonly config: CollectorConfig
  readonly replays: boolean
}

function readInvocation(): Invocation {
  try {
    const options = { config: { type: 'string' }, 'replay-quarantine': { type: 'boolean' } } as const
    const { values } = parseArgs({ options })
    const config = loadConfig(collectorConfigSchema, values.config, process.env)
    return { config, replays: values['replay-quarantine'] === true }
  } catch (error) {
    const advice =
      error instanceof ConfigError ? '' : '\nusage: collector [--config <file.yaml>] [--replay-quarantine]'
    return exitWith(EXIT_USAGE, `${messageOf(error)}${advice}`)
  }
}

function exitWith(code: number, message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

async function run(): Promise<void> {
  tuneCollection()
  const { config, replays } = readInvocation()
  if (replays) {
    const result = await replayCollectorQuarantine(config)
    process.stdout.write(`${JSON.stringify({ event: 'replayed', ...result })}\n`)
    process.exit(result.left.length === 0 ? EXIT_STOPPED : EXIT_FAILED)
  }
  const collector = await startCollector(config)
  const stop = (reason: string, shipMsMax?: number): void => {
    void collector.stop(reason, shipMsMax).then(
      () => process.exit(EXIT_STOPPED),
      (error: unknown) => exitWith(EXIT_FAILED, messageOf(error)),
    )
  }
  process.once('SIGTERM', () => stop('SIGTERM'))
  process.once('SIGINT', () => stop('SIGINT'))
  // A parent that is gone may have taken ClickHouse with it and may soon start another collector here.
  if (process.env['SANDGLASS_EXIT_WITH_STDIN'] === '1') {
    process.stdin.once('end', () => stop('stdin ended', 0)).resume()
  }
  process.stdout.write(`${JSON.stringify({ event: 'ready', name: 'collector', url: collector.url })}\n`)
}

run().catch((error: unknown) => exitWith(EXIT_FAILED, messageOf(error)))
