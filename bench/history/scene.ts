/** What the parts of one task share: where they record, and the clock that their work moves. */
import type { Attributes } from '@sandglass/schemas/testing/rows'
import type { WorkClass } from './fleet.ts'
import type { Recorder } from './recorder.ts'

export type Incident =
  | 'secret_burst'
  | 'egress_denied'
  | 'manifest_rewrite'
  | 'runaway'
  | 'override'
  | 'debug_shell'

export interface TaskPlan {
  readonly context: Attributes
  readonly taskId: string
  readonly work: WorkClass
  readonly attempt: number
  readonly startMs: number
  /** What goes wrong, if anything. */
  readonly incident: Incident | undefined
}

export class Scene {
  readonly recorder: Recorder
  readonly plan: TaskPlan
  readonly rootSpanId: string
  nowMs: number
  cpuSeconds = 0

  constructor(recorder: Recorder, plan: TaskPlan) {
    this.recorder = recorder
    this.plan = plan
    this.rootSpanId = recorder.newSpanId()
    this.nowMs = plan.startMs
  }

  pass(ms: number): void {
    this.nowMs += ms
  }
}

/** Random digits of an id after its prefix. */
export const ID_DIGITS = 16

export const round = (value: number): number => Math.round(value * 1e6) / 1e6
