/** One round of the demonstration: four agents at work, one of them stopped by its budget and let go on by a person. */
import type {
  AgentName,
  AgentRunResult,
  AgentWorker,
  RunOptions,
} from '@sandglass/example-agent-worker/local'

export interface Round {
  readonly results: readonly AgentRunResult[]
}

export interface RoundPorts {
  readonly worker: AgentWorker
  readonly progress: (step: string) => void
  /** Records the override of a task's budget and returns when the sandbox may run again. */
  readonly letGoOn: (suspended: AgentRunResult) => Promise<void>
}

export async function runRound({ worker, progress, letGoOn }: RoundPorts): Promise<Round> {
  const run = async (name: AgentName, options: RunOptions = {}): Promise<AgentRunResult> => {
    progress(`agent ${name} works`)
    const result = await worker.runAgent(name, options)
    progress(`agent ${name}: ${result.outcome} (task ${result.taskId})`)
    return result
  }
  const [burned, ...others] = await Promise.all([
    run('burn'),
    run('code-fix'),
    run('transform'),
    run('untrusted-prompt'),
  ])
  const again = burned.outcome === 'suspended' ? [await resume(run, letGoOn, burned)] : []
  return { results: [burned, ...others, ...again] }
}

/** The second attempt works in the same sandbox, on what the first one left there. */
async function resume(
  run: (name: AgentName, options: RunOptions) => Promise<AgentRunResult>,
  letGoOn: RoundPorts['letGoOn'],
  suspended: AgentRunResult,
): Promise<AgentRunResult> {
  await letGoOn(suspended)
  return run('burn', { sandboxName: suspended.sandboxName, attempt: 2, retryOf: suspended.taskId })
}
