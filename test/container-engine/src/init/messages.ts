/** What the engine and the init process of a container say to each other over their IPC channel. */

/** Start one process in a session of its own, its standard streams connected to these named pipes. */
export interface SpawnRequest {
  readonly type: 'spawn'
  readonly id: string
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** Absolute path on the host. */
  readonly cwd: string
  /** Paths of named pipes: the engine already holds the other end of each. */
  readonly stdio: readonly [stdin: string, stdout: string, stderr: string]
}

export type InitReply =
  | { readonly type: 'ready' }
  | { readonly type: 'spawned'; readonly id: string; readonly pid: number }
  | { readonly type: 'refused'; readonly id: string; readonly code: string; readonly reason: string }
  | { readonly type: 'exited'; readonly id: string; readonly exitCode: number }

/** Marks every process of a container in its environment, wherever it was re-parented to. */
export const CONTAINER_MARK = 'SANDGLASS_CONTAINER_ID'

/** Tells init where its container lives, so that it can tidy up when the engine dies. */
export const CONTAINER_DIRECTORY = 'SANDGLASS_CONTAINER_DIRECTORY'
