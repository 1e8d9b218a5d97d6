export interface ErrorDescription {
  /** Class or code, of low cardinality. */
  readonly type: string
  readonly message: string
}

const TYPE_LENGTH_MAX = 64
const UNKNOWN: ErrorDescription = { type: 'unknown', message: 'an error that cannot be described' }

function typeOf(error: Error): string {
  const code: unknown = Reflect.get(error, 'code')
  const name: unknown = Reflect.get(error, 'name')
  return typeof code === 'string' && code !== '' ? code : String(name)
}

/** Never throws, whatever was thrown: getters of foreign errors may. */
export function describeError(error: unknown): ErrorDescription {
  try {
    if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
    const message: unknown = Reflect.get(error, 'message')
    return { type: typeOf(error).slice(0, TYPE_LENGTH_MAX), message: String(message) }
  } catch {
    return UNKNOWN
  }
}
