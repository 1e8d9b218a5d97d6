/** HTTP status of each error code of the protocol that this server answers with. */
const STATUS = {
  FILE_NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  FILE_EXISTS: 409,
  IS_DIRECTORY: 400,
  NOT_DIRECTORY: 400,
  FILESYSTEM_ERROR: 500,
  INVALID_COMMAND: 400,
  COMMAND_EXECUTION_ERROR: 500,
  PROCESS_NOT_FOUND: 404,
  SESSION_ALREADY_EXISTS: 409,
  SESSION_TERMINATED: 410,
  GIT_REPOSITORY_NOT_FOUND: 404,
  GIT_BRANCH_NOT_FOUND: 404,
  GIT_CLONE_FAILED: 500,
  CONTEXT_NOT_FOUND: 404,
  PYTHON_NOT_AVAILABLE: 501,
  BACKUP_CREATE_FAILED: 500,
  BACKUP_RESTORE_FAILED: 500,
  INVALID_BACKUP_CONFIG: 400,
  VALIDATION_FAILED: 400,
  UNKNOWN_ERROR: 500,
} as const

export type ErrorCode = keyof typeof STATUS

/** An answer that says no, as the client of the package knows it. */
export class ProtocolError extends Error {
  readonly code: ErrorCode
  readonly context: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, context: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.context = context
  }

  get status(): number {
    return STATUS[this.code]
  }
}

const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'FILE_NOT_FOUND',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EEXIST: 'FILE_EXISTS',
  EISDIR: 'IS_DIRECTORY',
  ENOTDIR: 'NOT_DIRECTORY',
}

/** What a failed call of the file system is in the protocol. */
export function fileError(error: unknown, operation: string, path: string): ProtocolError {
  if (error instanceof ProtocolError) return error
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : ''
  const code = SYSTEM_CODES[systemCode] ?? 'FILESYSTEM_ERROR'
  return new ProtocolError(code, `${operation} failed for ${path}: ${systemCode || 'unknown error'}`, {
    path,
    operation,
  })
}

export function errorBody(error: unknown): { readonly status: number; readonly body: unknown } {
  const known =
    error instanceof ProtocolError
      ? error
      : new ProtocolError('UNKNOWN_ERROR', error instanceof Error ? error.message : String(error))
  const { code, message, context, status } = known
  return { status, body: { code, message, context, httpStatus: status, timestamp: new Date().toISOString() } }
}
