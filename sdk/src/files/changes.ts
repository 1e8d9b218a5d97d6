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

/** What turned `before` into `after`. A file that went and came back with its inode and content moved. */
export function diffListings(before: Entries, after: Entries): FileChange[] {
  const gone = new Map(
    [...before.values()].filter(({ path }) => !after.has(path)).map((e) => [contentKey(e), e]),
  )
  const changes: FileChange[] = []
  for (const entry of after.values()) {
    const old = before.get(entry.path)
    if (old === undefined) changes.push(arrival(entry, gone))
    else if (!isSame(old, entry))
      changes.push({ operation: 'modify', path: entry.path, before: old, after: entry })
  }
  for (const entry of gone.values()) {
    changes.push({ operation: 'delete', path: entry.path, before: entry, after: undefined })
  }
  return changes
}

function arrival(entry: FileEntry, gone: Map<string, FileEntry>): FileChange {
  const moved = gone.get(contentKey(entry))
  if (moved === undefined) return { operation: 'create', path: entry.path, before: undefined, after: entry }
  gone.delete(contentKey(entry))
  return { operation: 'rename', path: entry.path, pathBefore: moved.path, before: moved, after: entry }
}
