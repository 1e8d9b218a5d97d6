import type { OutcomeSource, Sandglass, Task, TaskOutcome, TaskSpec } from '@sandglass/sdk'

import type { Env } from '../env.ts'
import type { ScriptedModel } from '../model.ts'
import type { Shell } from '../shell.ts'

/** What one run of an agent works with. */
export interface AgentRun {
  readonly task: Task
  readonly sandglass: Sandglass
  readonly shell: Shell
  readonly model: ScriptedModel
  readonly env: Env
  readonly options: AgentOptions
}

/** What a caller may ask of a run. */
export interface AgentOptions {
  /** Seconds of work after which the burning agent gives up by itself; 60 when absent. */
  readonly burnSecondsMax?: number | undefined
  /** Milliseconds the overrides of the untrusted agent live; 1500 when absent. */
  readonly overrideLifeMs?: number | undefined
}

export interface AgentResult {
  readonly outcome: TaskOutcome
  readonly source: OutcomeSource
  /** What the run found out, for whoever asked for it. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/** A scripted agent: who it is, and what it does in its sandbox. */
export interface Agent {
  readonly task: Omit<TaskSpec, 'id' | 'attempt' | 'retryOf'>
  /** What the platform does before the agent has a say, such as checking out a repository. */
  readonly prepare?: (shell: Shell) => Promise<void>
  readonly run: (run: AgentRun) => Promise<AgentResult>
}
