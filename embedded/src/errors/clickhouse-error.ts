import { CODES, type CodeName } from './codes.ts'

/** An error in ClickHouse's terms, whether the engine or this interface raised it. */
export class ClickHouseError extends Error {
  /** ClickHouse's error number, e.g. 60 for UNKNOWN_TABLE. */
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClickHouseError'
    this.code = code
  }
}

/** An error raised by this interface, worded like the server's: `Code: 62. DB::Exception: … (SYNTAX_ERROR)`. */
export function refuse(name: CodeName, message: string): ClickHouseError {
  return new ClickHouseError(CODES[name], `Code: ${CODES[name]}. DB::Exception: ${message} (${name})`)
}

const ENGINE_CODE = /^Code: (\d+)\. /

/** Reads the number from the engine's own text, which is kept word for word. */
export function fromEngine(error: unknown): ClickHouseError {
  if (error instanceof ClickHouseError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = ENGINE_CODE.exec(message)?.[1]
  if (code !== undefined) return new ClickHouseError(Number(code), message, { cause: error })
  const { code: unknown, message: text } = refuse('UNKNOWN_EXCEPTION', message)
  return new ClickHouseError(unknown, text, { cause: error })
}
