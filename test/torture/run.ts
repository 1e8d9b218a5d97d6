/** `npm run torture -- --seconds N --json [--seed N] [--workers N] [--verbose]` */
import { parseArgs } from 'node:util'
import { runTorture } from './torture.ts'

const SECONDS_DEFAULT = '60'
const WORKERS_DEFAULT = '2'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: SECONDS_DEFAULT },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: WORKERS_DEFAULT },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const result = await runTorture({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  workersMax: Number(values.workers),
  log: values.verbose ? (line) => process.stderr.write(`${line}\n`) : () => undefined,
})
console.log(values.json ? JSON.stringify(result) : result)
const { lost, duplicated, rollupMismatch } = result
process.exit(lost + duplicated + rollupMismatch === 0 ? 0 : 1)
