/** What is asked for on the command line. */
import { parseArgs } from 'node:util'

export interface LoadOptions {
  readonly json: boolean
  /** Length of each measured run, seconds. */
  readonly seconds: number
  /** Load before it, so that everything is compiled, seconds. */
  readonly warmSeconds: number
  /** Fresh collectors each figure is measured on; the median is reported. */
  readonly repeat: number
  /** Only runs count in which others took next to nothing of the machine; disturbed ones are repeated. */
  readonly quiet: boolean
  /** Clients that wait for each answer before they send again. */
  readonly clients: number
  /** How long the real engine is inserted into, seconds; 0 leaves it out. */
  readonly engineSeconds: number
}

export interface IngestOptions extends LoadOptions {
  /** How long the sink is away, seconds; 0 leaves it out. */
  readonly downSeconds: number
  /** Directory for CPU profiles; none are taken without it, since taking them costs. */
  readonly profile?: string
}

const COMMON_USAGE = `  --json                 nothing but the last line
  --seconds N            length of each measured run (10)
  --warm-seconds N       load before each (5)
  --repeat N             fresh collectors per figure, the median counts (3)
  --quiet                repeats runs in which others took more than 5 % of the machine
  --clients N            concurrent clients (16)
  --engine-seconds N     inserts into the embedded engine (20, 0 leaves them out)`

const INGEST_USAGE = `npm run bench:ingest -- [options]
${COMMON_USAGE}
  --down-seconds N       how long the sink is away at 20,000 spans/s (120, 0 leaves it out)
  --profile DIR          writes CPU profiles there and tells where the time went`

const PEER_USAGE = `npm run bench:peer -- [options]
${COMMON_USAGE}`

const text = { type: 'string' } as const

const COMMON = {
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  seconds: text,
  'warm-seconds': text,
  repeat: text,
  clients: text,
  'engine-seconds': text,
} as const

/** Exits with the usage and code 2 when the options are wrong. */
export const readIngestOptions = (args: readonly string[]): IngestOptions =>
  orUsage(INGEST_USAGE, () => {
    const options = { ...COMMON, 'down-seconds': text, profile: text }
    const { values } = parseArgs({ args: [...args], options })
    return {
      ...commonOptions(values),
      downSeconds: parseCount('down-seconds', values['down-seconds'], 120),
      ...(values.profile === undefined ? {} : { profile: values.profile }),
    }
  })

/** Exits with the usage and code 2 when the options are wrong. */
export const readPeerOptions = (args: readonly string[]): LoadOptions =>
  orUsage(PEER_USAGE, () => commonOptions(parseArgs({ args: [...args], options: COMMON }).values))

type Given = Partial<Readonly<Record<Exclude<keyof typeof COMMON, 'json' | 'quiet'>, string>>> & {
  readonly json: boolean
  readonly quiet: boolean
}

function commonOptions(values: Given): LoadOptions {
  return {
    json: values.json,
    quiet: values.quiet,
    seconds: parseCount('seconds', values.seconds, 10, 1),
    warmSeconds: parseCount('warm-seconds', values['warm-seconds'], 5),
    repeat: parseCount('repeat', values.repeat, 3, 1),
    clients: parseCount('clients', values.clients, 16, 1),
    engineSeconds: parseCount('engine-seconds', values['engine-seconds'], 20),
  }
}

function parseCount(name: string, given: string | undefined, otherwise: number, least = 0): number {
  const value = given === undefined ? otherwise : Number(given)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} ${given ?? ''}: write a whole number of at least ${least}`)
}

function orUsage<T>(usage: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
    return process.exit(2)
  }
}
