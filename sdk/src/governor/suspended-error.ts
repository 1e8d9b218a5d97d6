/** The typed refusal of a suspended sandbox. */

/** Why a sandbox or a scope refuses, and how a person gets going again. */
export interface Refusal {
  /** What was asked for: `start`, `exec`, `port`, `task`. */
  readonly operation: string
  /** Guard of the enforcer that decided. */
  readonly reason: string
  readonly budget: string
  readonly scope: string
  readonly decisionId: string
  readonly remedy: string
}

const NAME = 'SandglassSuspendedError'

/** A budget refuses this operation. Thrown by guarded containers and gates; nothing was started. */
export class SandglassSuspendedError extends Error {
  override readonly name = NAME
  readonly code = 'SANDGLASS_SUSPENDED'
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(renderRefusal(refusal))
    this.refusal = refusal
  }

  /** Recognises the refusal also after an RPC boundary, where errors lose their class and fields. */
  static is(error: unknown): boolean {
    return error instanceof Error && (error.name === NAME || error.message.includes(MARK))
  }
}

const MARK = '[SANDGLASS_SUSPENDED]'

function renderRefusal(refusal: Refusal): string {
  return (
    `${MARK} ${refusal.operation} refused: budget ${refusal.budget} for ${refusal.scope} suspended it ` +
    `(${refusal.reason}, decision ${refusal.decisionId}). ${refusal.remedy}`
  )
}
