import type { ContainerLike } from '../container/container-like.ts'
import type { Clock } from '../ports.ts'
import { diffListings, type FileChange } from './changes.ts'
import { hashFiles } from './hashes.ts'
import { CHANGES_MAX, SKIPPED_DIRECTORIES } from './limits.ts'
import { listDirectory, type FileEntry, type Listing } from './listing.ts'

export interface HashedChange extends FileChange {
  readonly sha256Before: string | undefined
  readonly sha256After: string | undefined
}

export interface Changes {
  readonly changes: readonly HashedChange[]
  readonly isComplete: boolean
}

/** One directory of a container and what it looked like last. */
export interface WatchedDirectory {
  /** Changes since the last scan; none from the first, which is what later ones are compared with. */
  scan(): Promise<Changes>
  /** Whether a file was there at the last scan; undefined for what lies elsewhere or was not seen whole. */
  has(path: string): boolean | undefined
}

const SKIPPED: ReadonlySet<string> = new Set(SKIPPED_DIRECTORIES)
const NOTHING: Changes = { changes: [], isComplete: true }

export function createWatchedDirectory(
  container: ContainerLike,
  clock: Clock,
  directory: string,
): WatchedDirectory {
  let known: Listing | undefined
  let hashes = new Map<string, string>()

  async function hash(entries: readonly FileEntry[]): Promise<void> {
    for (const [path, sha256] of await hashFiles(container, directory, entries)) hashes.set(path, sha256)
  }

  async function hashChanges(changes: readonly FileChange[]): Promise<HashedChange[]> {
    const before = hashes
    hashes = new Map(hashes)
    for (const { before: old } of changes) if (old !== undefined) hashes.delete(old.path)
    await hash(changes.flatMap(({ after }) => after ?? []))
    return changes.map((change) => ({
      ...change,
      sha256Before: change.before && before.get(change.before.path),
      sha256After: change.after && hashes.get(change.after.path),
    }))
  }

  /** A touched file whose content stayed is no change. */
  const isReal = ({ operation, sha256Before, sha256After }: HashedChange): boolean =>
    operation !== 'modify' || sha256Before === undefined || sha256Before !== sha256After

  const prefix = `${directory.replace(/\/+$/, '')}/`

  return {
    has(path) {
      if (!path.startsWith(prefix) || known === undefined) return undefined
      if (known.entries.has(path)) return true
      const isSeen = known.isComplete && !path.split('/').some((name) => SKIPPED.has(name))
      return isSeen ? false : undefined
    },
    async scan() {
      const now = (await listDirectory(container, clock, directory)) ?? {
        entries: new Map(),
        isComplete: false,
      }
      const before = known
      known = now
      if (before === undefined) {
        await hash([...now.entries.values()])
        return NOTHING
      }
      const all = diffListings(before.entries, now.entries)
      const changes = await hashChanges(all.slice(0, CHANGES_MAX))
      const isComplete = before.isComplete && now.isComplete && all.length <= CHANGES_MAX
      return { changes: changes.filter(isReal), isComplete }
    },
  }
}
