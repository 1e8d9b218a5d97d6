/** A fault the person at the terminal can mend: printed as it is, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Something outside did not work: exit code 1, printed with its cause. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
}

export const EXIT_OPERATION = 1
export const EXIT_USAGE = 2
