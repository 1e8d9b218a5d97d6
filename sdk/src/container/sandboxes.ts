import type { Where } from '../instrument.ts'
import type { ActivityKind } from '../meter/activity.ts'

/** What the instrument tells each sandbox it knows. */
export interface KnownSandbox {
  where(): Where
  /** An activity of the whole instrument began, e.g. waiting for a model; returns what ends it. */
  enter(kind: ActivityKind): () => void
}

/** The sandboxes wrapped by one instrument. */
export interface Sandboxes {
  add(sandbox: KnownSandbox): void
  /** The sandbox meant when none is named: the only one. */
  only(): KnownSandbox | undefined
  enter(kind: ActivityKind): () => void
}

export function createSandboxes(): Sandboxes {
  const known: KnownSandbox[] = []
  return {
    add: (sandbox) => void known.push(sandbox),
    only: () => (known.length === 1 ? known[0] : undefined),
    enter(kind) {
      const leave = known.map((sandbox) => sandbox.enter(kind))
      return () => {
        for (const end of leave) end()
      }
    },
  }
}
