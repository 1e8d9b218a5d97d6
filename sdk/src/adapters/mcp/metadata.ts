import { readText } from '../../operations/read.ts'

/** Keys of a request's `_meta`, with a prefix of our own as the protocol asks. */
const CONTEXT = 'dev.sandglass/context'
const TRACEPARENT = 'traceparent'

/** What a client sends along with a tool call. */
export interface CallMetadata {
  readonly traceparent: string | undefined
  /** A context serialized by the client's instrument. */
  readonly context: string | undefined
}

export const writeMetadata = ({ traceparent, context }: CallMetadata): Record<string, string> => ({
  ...(traceparent !== undefined && { [TRACEPARENT]: traceparent }),
  ...(context !== undefined && { [CONTEXT]: context }),
})

export const readMetadata = (meta: unknown): CallMetadata => ({
  traceparent: readText(meta, TRACEPARENT),
  context: readText(meta, CONTEXT),
})
