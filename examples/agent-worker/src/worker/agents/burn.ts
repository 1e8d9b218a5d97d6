import type { Agent, AgentRun } from './agent.ts'
import { createRepository } from './repository.ts'

const BURN_SECONDS_MAX = 60
const ROUND_SECONDS = 1
const WORKERS = 2

/** Tries seeds that no test will ever fail with, as fast as it can. */
const HUNT = `
import { createHash } from 'node:crypto'
const [seconds, worker] = process.argv.slice(2).map(Number)
const until = performance.now() + seconds * 1000
let seed = worker
while (performance.now() < until) createHash('sha256').update(String(seed++)).digest()
console.log('no failing seed below ' + seed)
process.exitCode = 1
`
const FILES = {
  'hunt.mjs': HUNT,
  'README.md': 'A test fails once in a while. Find the seed.\n',
  'rounds.log': '',
}

/**
 * Looks for a seed that does not exist and spends a processor core or two until somebody stops it. Started again in
 * a sandbox that was resumed, it finds what it had written, and gives up.
 */
export const burn: Agent = {
  task: {
    class: 'flaky_hunt',
    team: 'research',
    tier: 'B',
    agent: { name: 'seed-hunter', version: '0.2.0' },
    user: 'u_9b04',
    actor: { type: 'agent', id: 'seed-hunter' },
    costCenter: 'cc-900',
    priority: 'low',
    workloadKind: 'batch',
    trigger: 'schedule',
    repositoryUrl: 'https://git.example/acme/flaky',
  },
  async run(run) {
    const done = await roundsDone(run)
    if (done > 0) return { outcome: 'failure', source: 'agent', facts: { rounds: done, continued: true } }
    await createRepository(run.task, run.shell, FILES)
    await run.model.ask(
      'user',
      'One test fails once in a while. Find the seed.',
      'I try seeds until one fails.',
    )
    const rounds = (run.options.burnSecondsMax ?? BURN_SECONDS_MAX) / ROUND_SECONDS
    for (let round = 1; round <= rounds; round += 1) await hunt(run, round)
    return { outcome: 'failure', source: 'test', facts: { rounds, continued: false } }
  },
}

/** How far an earlier attempt came in this workspace. */
async function roundsDone({ task, shell }: AgentRun): Promise<number> {
  const { stdout } = await task.tool('read_progress', {}, () => shell.run(['cat', 'rounds.log']))
  return stdout.split('\n').filter((line) => line.startsWith('round ')).length
}

function hunt({ task, shell, model }: AgentRun, round: number): Promise<void> {
  const search = (worker: number) =>
    task.tool('try_seeds', { worker }, () =>
      shell.run(['node', 'hunt.mjs', String(ROUND_SECONDS), String(worker)]),
    )
  return task.tool('hunt_round', { round }, async () => {
    const found = await Promise.all(Array.from({ length: WORKERS }, (_, worker) => search(worker)))
    await shell.must(['sh', '-c', `echo "round ${round}" >> rounds.log`])
    await model.ask('tool_result', found.map(({ stdout }) => stdout).join(''), 'Nothing yet. I go on.')
  })
}
