import type { ContainerLike } from '../container/container-like.ts'
import { HASHED_BYTES_MAX, HASHED_FILES_MAX } from './limits.ts'
import type { FileEntry } from './listing.ts'

const LINE = /^([\da-f]{64}) [ *]\.\/(.+)$/

const underDirectory = (directory: string): string => `${directory.replace(/\/+$/, '')}/`

/** SHA-256 by path of those files that are small enough, as far as the container can make them. Never rejects. */
export async function hashFiles(
  container: ContainerLike,
  directory: string,
  entries: readonly FileEntry[],
): Promise<ReadonlyMap<string, string>> {
  const prefix = underDirectory(directory)
  const small = entries.filter(({ path, size }) => size <= HASHED_BYTES_MAX && path.startsWith(prefix))
  if (small.length === 0) return new Map()
  const names = small.slice(0, HASHED_FILES_MAX).map(({ path }) => `./${path.slice(prefix.length)}`)
  try {
    const command = ['sha256sum', '--', ...names]
    const process = await container.exec(command, { cwd: directory, stdout: 'pipe', stderr: 'ignore' })
    const { stdout } = await process.output()
    return parseHashes(new TextDecoder().decode(stdout), prefix)
  } catch {
    return new Map()
  }
}

/** A file that went meanwhile has no line, and a name that had to be escaped is left out. */
export function parseHashes(text: string, prefix: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, hash, name] = LINE.exec(line) ?? []
    if (hash !== undefined && name !== undefined) hashes.set(prefix + name, hash)
  }
  return hashes
}
