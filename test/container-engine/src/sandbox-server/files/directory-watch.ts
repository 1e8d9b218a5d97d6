import { existsSync, readdirSync, statSync, watch } from 'node:fs'
import type { FSWatcher, Stats } from 'node:fs'
import { join, matchesGlob } from 'node:path'

export interface FileEvent {
  readonly eventType: 'create' | 'modify' | 'delete' | 'move_from' | 'move_to'
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

/** A name that is gone may turn up elsewhere for this long, milliseconds. */
const MOVE_MS_MAX = 50

interface KnownFile {
  /** Stays when it is moved. */
  readonly identity: string
  readonly isDirectory: boolean
}

const fileOf = (stats: Stats): KnownFile => ({
  identity: `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`,
  isDirectory: stats.isDirectory(),
})

/** Tells each change below a directory of the host. */
export class DirectoryWatch {
  readonly #directory: string
  readonly #watcher: FSWatcher
  readonly #onEvent: (event: FileEvent) => void
  readonly #known = new Map<string, KnownFile>()
  readonly #leaving = new Set<NodeJS.Timeout>()

  constructor(directory: string, filter: WatchFilter, onEvent: (event: FileEvent) => void) {
    this.#directory = directory
    this.#onEvent = onEvent
    this.#watcher = watch(directory, { recursive: filter.recursive }, (kind, name) => {
      if (name === null || !passes(filter, name)) return
      const stats = this.#stat(name)
      if (stats === undefined) this.#left(name)
      else if (kind === 'rename') this.#arrived(name, fileOf(stats))
      else this.#tell('modify', name, stats.isDirectory())
    })
    for (const name of readdirSync(directory, { recursive: filter.recursive, encoding: 'utf8' })) {
      const stats = this.#stat(name)
      if (stats !== undefined) this.#known.set(name, fileOf(stats))
    }
    this.#watcher.on('error', () => this.close())
  }

  close(): void {
    this.#watcher.close()
    for (const timer of this.#leaving) clearTimeout(timer)
  }

  #stat(name: string): Stats | undefined {
    return statSync(join(this.#directory, name), { throwIfNoEntry: false })
  }

  #tell(eventType: FileEvent['eventType'], name: string, isDirectory: boolean): void {
    this.#onEvent({ eventType, path: join(this.#directory, name), isDirectory })
  }

  /** Deleted, unless it arrives by another name. */
  #left(name: string): void {
    const timer = setTimeout(() => {
      this.#leaving.delete(timer)
      const known = this.#known.get(name)
      if (known === undefined || existsSync(join(this.#directory, name))) return
      this.#known.delete(name)
      this.#tell('delete', name, known.isDirectory)
    }, MOVE_MS_MAX)
    this.#leaving.add(timer)
  }

  #arrived(name: string, file: KnownFile): void {
    const isNew = !this.#known.has(name)
    const from = [...this.#known].find(
      ([other, { identity }]) => other !== name && identity === file.identity,
    )?.[0]
    this.#known.set(name, file)
    if (from === undefined || existsSync(join(this.#directory, from)))
      return this.#tell(isNew ? 'create' : 'modify', name, file.isDirectory)
    this.#known.delete(from)
    this.#tell('move_from', from, file.isDirectory)
    this.#tell('move_to', name, file.isDirectory)
  }
}
