import { watchStream } from '../wrap/watched-stream.ts'

interface Message {
  readonly headers: Headers
  readonly body: ReadableStream | null
}

/** A message whose body is counted while it passes. */
interface Counted<M> {
  readonly message: M
  /** Bytes so far. */
  readonly counted: () => number
  /** Bytes in all, when the body has ended. */
  readonly bytes: Promise<number>
}

const known = <M>(message: M, bytes: number): Counted<M> => ({
  message,
  counted: () => bytes,
  bytes: Promise.resolve(bytes),
})

/** What its header says, else what passes: a body of known length stays as it is, and so does a web socket. */
export function countBody<M extends Message>(message: M, withBody: (body: ReadableStream) => M): Counted<M> {
  const { headers, body } = message
  if (body === null || headers.has('upgrade')) return known(message, 0)
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (Number.isFinite(length)) return known(message, length)
  const { promise, resolve } = Promise.withResolvers<number>()
  let count = 0
  const end = (): void => resolve(count)
  const watched = watchStream(body, {
    onChunk: (bytes) => void (count += bytes),
    onEnd: end,
    onCancel: end,
  })
  return { message: withBody(watched), counted: () => count, bytes: promise }
}
