import type { Agent, AgentRun } from './agent.ts'
import { createRepository } from './repository.ts'

const SHARDS = 4
const ROWS_PER_SHARD = 5000
/** SHA-256 of the report: the transform has one right answer. */
const REPORT_SHA256 = '3c4d66b118e230a9e3e84476cbc09514c70071aa1b609289019a67c57aa819a3'

/** Payments of one shard, always the same: the minimal standard generator of Park and Miller. */
const GENERATE = `
const { writeFileSync } = require('node:fs')
const [shard, rows] = process.argv.slice(1).map(Number)
let state = 7919 * (shard + 1)
const next = (below) => (state = (state * 16807) % 2147483647) % below
const lines = Array.from({ length: rows }, (_, row) => [shard, row, ['EUR', 'USD', 'GBP'][next(3)], next(100000)].join(','))
writeFileSync('input/' + shard + '.csv', lines.join('\\n') + '\\n')
`

/** Sums the cents of a shard by currency. */
const SUMMARISE = `
import { readFileSync } from 'node:fs'
const sums = new Map()
for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\\n')) {
  const [, , currency, cents] = line.split(',')
  sums.set(currency, (sums.get(currency) ?? 0) + Number(cents))
}
for (const [currency, cents] of [...sums].sort()) console.log(currency + ',' + cents)
`

const FILES = { 'summarise.mjs': SUMMARISE, 'README.md': 'Sums payments by currency.\n', 'input/.keep': '' }

/** Turns generated payments into a report, in parallel; no model takes part, and the result is checked by its hash. */
export const transform: Agent = {
  task: {
    class: 'data_transform',
    team: 'finance',
    tier: 'A',
    agent: { name: 'ledger-transform', version: '3.0.2' },
    user: 'u_2c71',
    actor: { type: 'service', id: 'nightly-ledger' },
    costCenter: 'cc-220',
    priority: 'batch',
    workloadKind: 'batch',
    trigger: 'schedule',
    repositoryUrl: 'https://git.example/acme/ledger',
    dataClass: 'internal',
  },
  async run(run) {
    const { task, shell } = run
    await createRepository(task, shell, FILES)
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard)
    await task.tool('transform', { shards: SHARDS }, () =>
      Promise.all(shards.map((shard) => summarise(run, shard))),
    )
    const sha256 = await report(run)
    task.artifact({ path: 'report.csv', sha256 })
    const outcome = sha256 === REPORT_SHA256 ? 'success' : 'failure'
    return { outcome, source: 'gate', facts: { sha256, rows: SHARDS * ROWS_PER_SHARD } }
  },
}

function summarise({ task, shell }: AgentRun, shard: number): Promise<void> {
  return task.tool('summarise_shard', { shard }, async () => {
    await shell.must(['node', '-e', GENERATE, String(shard), String(ROWS_PER_SHARD)])
    const sums = await shell.must(['node', 'summarise.mjs', `input/${shard}.csv`])
    await shell.write(`output/${shard}.csv`, sums)
  })
}

function report({ task, shell }: AgentRun): Promise<string> {
  return task.tool('merge_report', {}, async () => {
    await shell.must(['sh', '-c', 'sort output/*.csv > report.csv'], { env: { LC_ALL: 'C' } })
    return (await shell.must(['sha256sum', 'report.csv'])).split(' ')[0] ?? ''
  })
}
