import { Processes } from './command/processes.ts'
import { Sessions } from './command/sessions.ts'
import { ContainerPaths } from './files/container-paths.ts'
import type { ChangeCounters } from './files/watch-routes.ts'
import { CodeContexts } from './interpreter/interpreter-routes.ts'

/** Everything that lives in one container behind the protocol. */
export interface Workbench {
  /** Where the container's own servers listen. */
  readonly address: string
  readonly paths: ContainerPaths
  readonly sessions: Sessions
  readonly processes: Processes
  readonly contexts: CodeContexts
  readonly changes: ChangeCounters
}

/** @param workspace where `/workspace` is on the host */
export function createWorkbench(workspace: string, address: string): Workbench {
  const paths = new ContainerPaths(workspace)
  const sessions = new Sessions(paths)
  const processes = new Processes(paths, sessions)
  return { address, paths, sessions, processes, contexts: new CodeContexts(paths), changes: new Map() }
}

export async function closeWorkbench({ sessions, processes, contexts, changes }: Workbench): Promise<void> {
  contexts.endAll()
  for (const { watch } of changes.values()) watch.close()
  await Promise.all([sessions.endAll(), processes.killAll()])
}
