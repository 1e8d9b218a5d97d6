/** What a watcher of a stream learns; `onEnd` also when it failed. */
export interface StreamWatcher {
  onChunk(bytes: number, chunk: unknown): void
  onEnd(): void
  onCancel(): void
}

type Source = ReadableStream<unknown>

const bytesOf = (chunk: unknown): number => {
  if (ArrayBuffer.isView(chunk)) return chunk.byteLength
  return typeof chunk === 'string' ? chunk.length : 0
}

/** Only a byte stream lends a reader that brings its own buffer. Nothing is read. */
function isByteStream(source: Source): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

interface Tap {
  next(): Promise<{ readonly done: boolean; readonly value?: unknown }>
  cancel(reason: unknown): Promise<void>
}

/** `source` stays unlocked until the first read, as it would without us. */
function tap(source: Source, watcher: StreamWatcher): Tap {
  let reader: ReturnType<typeof lock> | undefined
  const lock = () => source.getReader()
  return {
    async next() {
      try {
        reader ??= lock()
        const result = await reader.read()
        if (result.done) watcher.onEnd()
        else watcher.onChunk(bytesOf(result.value), result.value)
        return result
      } catch (error) {
        watcher.onEnd()
        throw error
      }
    },
    async cancel(reason) {
      try {
        await (reader ?? source).cancel(reason)
      } finally {
        watcher.onCancel()
      }
    },
  }
}

/**
 * A stream with the content, kind, errors, cancellation and backpressure of `source`: nothing is read ahead, and
 * `source` stays untouched until the first read.
 */
export function watchStream(source: Source, watcher: StreamWatcher): Source {
  const from = tap(source, watcher)
  return isByteStream(source) ? byteStream(from) : plainStream(from)
}

function plainStream(from: Tap): Source {
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await from.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => from.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function byteStream(from: Tap): Source {
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        const chunk = await nextNonEmpty(from)
        if (chunk === undefined) close(controller)
        else controller.enqueue(chunk)
      },
      cancel: (reason) => from.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** An empty chunk cannot be enqueued, and answering a pull with nothing would be the last pull. */
async function nextNonEmpty(from: Tap): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await from.next()
    if (done) return undefined
    if (value instanceof Uint8Array && value.byteLength > 0) return value
  }
}

/** A reader that waits with a buffer of its own must be answered, or it would wait for ever. */
function close(controller: ReadableByteStreamController): void {
  controller.close()
  respondNothing(controller.byobRequest)
}

function respondNothing(waiting: { respond(bytes: number): void } | null | undefined): void {
  waiting?.respond(0)
}
