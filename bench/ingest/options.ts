/** What is asked for on the command line. */
import { parseArgs } from 'node:util'

export interface IngestOptions {
  readonly json: boolean
  /** Length of each measured run, seconds. */
  readonly seconds: number
  /** Load before it, so that everything is compiled, seconds. */
  readonly warmSeconds: number
  /** Fresh collectors each figure is measured on; the median is reported. */
  readonly repeat: number
  /** How long the sink is away, seconds; 0 leaves it out. */
  readonly downSeconds: number
  /** How long the real engine is inserted into, seconds; 0 leaves it out. */
  readonly engineSeconds: number
  /** Clients that wait for each answer before they send again. */
  readonly clients: number
  /** Directory for CPU profiles; none are taken without it, since taking them costs. */
  readonly profile?: string
}

const USAGE = `npm run bench:ingest -- [options]
  --json                 nothing but the last line
  --seconds N            length of each measured run (10)
  --warm-seconds N       load before each (5)
  --repeat N             fresh collectors per figure, the median counts (3)
  --down-seconds N       how long the sink is away at 20,000 spans/s (120, 0 leaves it out)
  --engine-seconds N     inserts into the embedded engine (20, 0 leaves it out)
  --clients N            concurrent clients (16)
  --profile DIR          writes CPU profiles there and tells where the time went`

/** Exits with the usage and code 2 when the options are wrong. */
export function readOptions(args: readonly string[]): IngestOptions {
  try {
    return parseOptions(args)
  } catch (error) {
    return exitWithUsage(error)
  }
}

function exitWithUsage(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
  process.exit(2)
}

const text = { type: 'string' } as const

function parseOptions(args: readonly string[]): IngestOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      seconds: text,
      'warm-seconds': text,
      repeat: text,
      'down-seconds': text,
      'engine-seconds': text,
      clients: text,
      profile: text,
    },
  })
  return {
    json: values.json,
    seconds: parseCount('seconds', values.seconds, 10, 1),
    warmSeconds: parseCount('warm-seconds', values['warm-seconds'], 5),
    repeat: parseCount('repeat', values.repeat, 3, 1),
    downSeconds: parseCount('down-seconds', values['down-seconds'], 120),
    engineSeconds: parseCount('engine-seconds', values['engine-seconds'], 20),
    clients: parseCount('clients', values.clients, 16, 1),
    ...(values.profile === undefined ? {} : { profile: values.profile }),
  }
}

export function parseCount(name: string, given: string | undefined, otherwise: number, least = 0): number {
  const value = given === undefined ? otherwise : Number(given)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} ${given ?? ''}: write a whole number of at least ${least}`)
}
