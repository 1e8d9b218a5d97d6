import type { ContainerLike } from '../container/container-like.ts'
import type { Clock } from '../ports.ts'
import { FILES_MAX, LISTING_BYTES_MAX, SCAN_MS_MAX, SKIPPED_DIRECTORIES } from './limits.ts'

/** A file as a scan sees it. Equal entries mean an unchanged file. */
export interface FileEntry {
  readonly path: string
  readonly inode: string
  /** Bytes. */
  readonly size: number
  /** Times of last change of content and of anything, as the container writes them. */
  readonly modified: string
  readonly changed: string
}

export interface Listing {
  readonly entries: ReadonlyMap<string, FileEntry>
  readonly isComplete: boolean
}

const skipped = SKIPPED_DIRECTORIES.flatMap((name, index) => [...(index === 0 ? [] : ['-o']), '-name', name])
const FIND = ['find', '.', '-xdev', '(', ...skipped, ')', '-prune', '-o', '-type', 'f']

/** Relative to the working directory: each file's inode, size, times and path, and what ends a line of it. */
interface Lister {
  readonly command: readonly string[]
  readonly separator: string
}

/** GNU find, and what BusyBox has: there times are whole seconds, and a name with a line break is not seen. */
const LISTERS: readonly Lister[] = [
  { command: [...FIND, '-printf', String.raw`%i %s %T@ %C@ %p\0`], separator: '\0' },
  { command: [...FIND, '-exec', 'stat', '-c', '%i %s %Y %Z %n', '{}', '+'], separator: '\n' },
]

const LINE = /^(\d+) (\d+) (\S+) (\S+) \.\/(.*)$/s

export function parseListing(text: string, directory: string, separator = '\0'): Map<string, FileEntry> {
  const entries = new Map<string, FileEntry>()
  for (const line of text.split(separator)) {
    const [, inode = '', size = '', modified = '', changed = '', name] = LINE.exec(line) ?? []
    if (name === undefined) continue
    const path = `${directory.replace(/\/+$/, '')}/${name}`
    entries.set(path, { path, inode, size: Number(size), modified, changed })
    if (entries.size === FILES_MAX) break
  }
  return entries
}

/** Reads at most a bound of bytes and milliseconds; false when there was more. */
async function readBounded(
  process: Awaited<ReturnType<ContainerLike['exec']>>,
  clock: Clock,
): Promise<{ readonly text: string; readonly isComplete: boolean }> {
  const reader = process.stdout?.getReader()
  if (reader === undefined) return { text: '', isComplete: false }
  const decoder = new TextDecoder()
  let [text, bytes, isComplete] = ['', 0, true]
  const stop = (): void => {
    isComplete = false
    process.kill()
  }
  const cancel = clock.schedule(stop, SCAN_MS_MAX)
  for (;;) {
    const chunk = await reader.read()
    if (chunk.done) break
    bytes += chunk.value.byteLength
    text += decoder.decode(chunk.value, { stream: true })
    if (bytes > LISTING_BYTES_MAX) {
      stop()
      await reader.cancel()
      break
    }
  }
  cancel()
  return { text, isComplete }
}

/** Undefined when the directory cannot be listed, e.g. because it is not there. */
export async function listDirectory(
  container: ContainerLike,
  clock: Clock,
  directory: string,
): Promise<Listing | undefined> {
  for (const lister of LISTERS) {
    const listing = await listWith(lister, container, clock, directory)
    if (listing !== undefined) return listing
  }
  return undefined
}

async function listWith(
  { command, separator }: Lister,
  container: ContainerLike,
  clock: Clock,
  directory: string,
): Promise<Listing | undefined> {
  const process = await container.exec([...command], { cwd: directory, stdout: 'pipe', stderr: 'ignore' })
  const { text, isComplete } = await readBounded(process, clock)
  const exitCode = await process.exitCode
  if (exitCode !== 0 && text === '') return undefined
  const entries = parseListing(text, directory, separator)
  return { entries, isComplete: isComplete && exitCode === 0 && entries.size < FILES_MAX }
}
