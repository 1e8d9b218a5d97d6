import type { FileEntry } from './listing.ts'

export type FileOperation = 'create' | 'modify' | 'delete' | 'rename'

export interface FileChange {
  readonly operation: FileOperation
  readonly path: string
  /** Path before a rename. */
  readonly pathBefore?: string
  readonly before: FileEntry | undefined
  readonly after: FileEntry | undefined
}

type Entries = ReadonlyMap<string, FileEntry>

const isSame = (a: FileEntry, b: FileEntry): boolean =>
  a.inode === b.inode && a.size === b.size && a.modified === b.modified && a.changed === b.changed

const contentKey = ({ inode, size, modified }: FileEntry): string => `${inode} ${size} ${modified}`

/** Files that are there no more, by what they were: names of one content are alike. */
type Gone = Map<string, FileEntry[]>

function goneFrom(before: Entries, after: Entries): Gone {
  const gone: Gone = new Map()
  for (const entry of before.values()) {
    if (after.has(entry.path)) continue
    const key = contentKey(entry)
    gone.set(key, [...(gone.get(key) ?? []), entry])
  }
  return gone
}

/** What turned `before` into `after`. A file that went and came back with its inode and content moved. */
export function diffListings(before: Entries, after: Entries): FileChange[] {
  const gone = goneFrom(before, after)
  const changes: FileChange[] = []
  for (const entry of after.values()) {
    const old = before.get(entry.path)
    if (old === undefined) changes.push(arrival(entry, gone))
    else if (!isSame(old, entry))
      changes.push({ operation: 'modify', path: entry.path, before: old, after: entry })
  }
  for (const entry of [...gone.values()].flat()) {
    changes.push({ operation: 'delete', path: entry.path, before: entry, after: undefined })
  }
  return changes
}

function arrival(entry: FileEntry, gone: Gone): FileChange {
  const moved = gone.get(contentKey(entry))?.shift()
  if (moved === undefined) return { operation: 'create', path: entry.path, before: undefined, after: entry }
  return { operation: 'rename', path: entry.path, pathBefore: moved.path, before: moved, after: entry }
}
