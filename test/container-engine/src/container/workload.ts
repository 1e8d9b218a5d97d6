import type { ContainerSpec } from './spec.ts'

export type WorkloadState = 'created' | 'running' | 'exited'

/** What the engine runs under a name: a container, or the network sidecar that workerd puts beside it. */
export interface Workload {
  readonly id: string
  readonly name: string
  readonly spec: ContainerSpec
  readonly state: WorkloadState
  /** Of its init process; 0 when it has none. */
  readonly pid: number
  /** Undefined until it has exited. */
  readonly exitCode: number | undefined
  /** Port of the host by port of the container, as Docker writes them: `39001/tcp`. */
  readonly publishedPorts: Readonly<Record<string, number>>
  /** Resolves with the exit code; already resolved when it has exited. */
  readonly exited: Promise<number>
  start(): Promise<void>
  /** False when it does not run. */
  kill(signal: NodeJS.Signals): Promise<boolean>
  stop(graceMs: number): Promise<void>
  /** Ends it and deletes what it left behind. */
  remove(): Promise<void>
}
