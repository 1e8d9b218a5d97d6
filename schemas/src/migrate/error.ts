/** Why migrations refused to run. Retrying changes nothing: a person has to. */
export type MigrationErrorCode = 'edited' | 'unknown' | 'misnumbered' | 'unrepeatable'

export class MigrationError extends Error {
  readonly code: MigrationErrorCode

  constructor(code: MigrationErrorCode, message: string) {
    super(message)
    this.name = 'MigrationError'
    this.code = code
  }
}
