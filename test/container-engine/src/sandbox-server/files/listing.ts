import { lstat, readdir } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { basename, join, relative } from 'node:path'

import type { ContainerPaths } from './container-paths.ts'

const OWNER = { readable: 0o400, writable: 0o200, executable: 0o100 } as const

function typeOf(stats: Stats): string {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'other'
}

async function describe(paths: ContainerPaths, base: string, path: string): Promise<object> {
  const stats = await lstat(path)
  const mode = stats.mode & 0o777
  return {
    name: basename(path),
    absolutePath: paths.inside(path),
    relativePath: relative(base, path),
    type: typeOf(stats),
    size: stats.size,
    modifiedAt: stats.mtime.toISOString(),
    mode: mode.toString(8).padStart(3, '0'),
    permissions: {
      readable: (mode & OWNER.readable) !== 0,
      writable: (mode & OWNER.writable) !== 0,
      executable: (mode & OWNER.executable) !== 0,
    },
  }
}

/** What is in a directory of the host, sorted, as the protocol describes files. */
export async function listDirectory(
  paths: ContainerPaths,
  base: string,
  options: { readonly recursive: boolean; readonly includeHidden: boolean },
): Promise<object[]> {
  const entries = await readdir(base, { recursive: options.recursive, withFileTypes: true })
  const found = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        options.includeHidden ||
        !relative(base, path)
          .split('/')
          .some((n) => n.startsWith('.')),
    )
    .toSorted()
  return Promise.all(found.map((path) => describe(paths, base, path)))
}
