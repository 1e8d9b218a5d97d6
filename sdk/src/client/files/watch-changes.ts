import type { FileOperation } from '../../files/changes.ts'
import { read, readText } from '../../operations/read.ts'
import type { StreamReader } from '../call-stream.ts'
import { readEventLines } from './event-lines.ts'

/** One change of a file, as a watch tells it. */
export interface WatchedChange {
  readonly operation: FileOperation
  readonly path: string
  /** What a renamed file was called before. */
  readonly pathBefore?: string | undefined
  /** Milliseconds since the Unix epoch by the sandbox's clock; not a number where the event does not say. */
  readonly atMs: number
}

/** What an event means that stands for itself; changed permissions are no change. */
function operationOf(kind: string | undefined): FileOperation | undefined {
  if (kind === 'create' || kind === 'modify' || kind === 'delete') return kind
  return kind === 'move_to' ? 'create' : undefined
}

/**
 * Turns the stream of one watch into changes of files. A name that a file left and the name it came to are told one
 * after the other: together they are a rename; alone, the file left what is watched, or came into it.
 */
export function readWatch(onChange: (change: WatchedChange) => void): StreamReader {
  let left: WatchedChange | undefined

  function end(): void {
    if (left !== undefined) onChange(left)
    left = undefined
  }

  const add = readEventLines((event) => {
    const [kind, path] = [readText(event, 'eventType'), readText(event, 'path')]
    if (path === undefined || read(event, 'isDirectory') === true) return
    const change = { path, atMs: Date.parse(readText(event, 'timestamp') ?? '') }
    if (left !== undefined && kind === 'move_to') {
      left = { ...change, operation: 'rename', pathBefore: left.path }
      return end()
    }
    end()
    const operation = operationOf(kind)
    if (operation !== undefined) onChange({ ...change, operation })
    if (kind === 'move_from') left = { ...change, operation: 'delete' }
  })
  return { add, end }
}
