import { existsSync, readdirSync, statSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { join, matchesGlob } from 'node:path'

export interface FileEvent {
  readonly eventType: 'create' | 'modify' | 'delete'
  /** On the host. */
  readonly path: string
  readonly isDirectory: boolean
}

export interface WatchFilter {
  readonly recursive: boolean
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** What the package leaves out when nothing is said. */
const EXCLUDED = ['.git', 'node_modules', '.DS_Store']

const matchesAny = (globs: readonly string[], name: string): boolean =>
  globs.some((glob) => matchesGlob(name, glob) || name.split('/').some((part) => matchesGlob(part, glob)))

function passes({ include, exclude }: WatchFilter, name: string): boolean {
  if (include.length > 0) return matchesAny(include, name)
  return !matchesAny(exclude.length > 0 ? exclude : EXCLUDED, name)
}

/** Tells each change below a directory of the host. */
export class DirectoryWatch {
  readonly #watcher: FSWatcher
  readonly #known: Set<string>

  constructor(directory: string, filter: WatchFilter, onEvent: (event: FileEvent) => void) {
    this.#known = new Set(readdirSync(directory, { recursive: filter.recursive, encoding: 'utf8' }))
    this.#watcher = watch(directory, { recursive: filter.recursive }, (kind, name) => {
      if (name === null || !passes(filter, name)) return
      const path = join(directory, name)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (kind === 'rename' || !existsSync(path)) this.#renamed(name, path, stats?.isDirectory(), onEvent)
      else onEvent({ eventType: 'modify', path, isDirectory: stats?.isDirectory() ?? false })
    })
    this.#watcher.on('error', () => this.close())
  }

  close(): void {
    this.#watcher.close()
  }

  #renamed(
    name: string,
    path: string,
    isDirectory: boolean | undefined,
    onEvent: (event: FileEvent) => void,
  ): void {
    const isNew = !this.#known.has(name)
    if (isDirectory === undefined) {
      if (this.#known.delete(name)) onEvent({ eventType: 'delete', path, isDirectory: false })
      return
    }
    this.#known.add(name)
    onEvent({ eventType: isNew ? 'create' : 'modify', path, isDirectory })
  }
}
