import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

import { VIRTUAL_FILES } from '../cpu/virtual-files.ts'
import type { ContainerClock } from '../cpu/virtual-files.ts'

/** Paths every container has for itself. */
const OWN_PATHS = ['/workspace', '/tmp', '/root'] as const

/** What the engine itself brings into containers: its programs and their Node. They may lie below a path that containers own. */
const ENGINE_PATHS = [process.execPath, join(import.meta.dirname, '..')]

const isOfEngine = (path: string): boolean =>
  ENGINE_PATHS.some((own) => path === own || path.startsWith(`${own}/`))

/** The directory tree of one container, and the mapping of its paths onto the host. */
export class ContainerDirectories {
  /** Everything of the container lives under here. */
  readonly base: string
  /** Stands for the container's `/`. */
  readonly files: string
  readonly pipes: string
  readonly #virtual: string
  readonly #mounts: string[] = [...OWN_PATHS]

  constructor(base: string) {
    this.base = base
    this.files = join(base, 'files')
    this.pipes = join(base, 'pipes')
    this.#virtual = join(base, 'virtual')
    for (const path of OWN_PATHS) mkdirSync(join(this.files, path), { recursive: true })
    mkdirSync(this.pipes, { recursive: true })
  }

  /** Shows a directory of the host at a path of the container. */
  mount(hostDirectory: string, path: string): void {
    const target = this.hostPath(path)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(hostDirectory, target)
    this.#mounts.push(posix.resolve('/', path))
  }

  /** Where a path of the container is on the host; never outside of `files`. */
  hostPath(path: string): string {
    const trailing = /\/\.?$/.exec(path)?.[0] ?? ''
    return join(this.files, posix.resolve('/', path)) + (path === '/' ? '' : trailing)
  }

  /**
   * One word of a command line or value of an environment variable, as the host must see it: a whole word that is an
   * absolute path of the container's own becomes its host path, and a virtual file becomes a fresh rendering of it.
   * Anything else, text inside a script included, is left as it is.
   */
  translate(word: string, clock: () => ContainerClock): string {
    if (!word.startsWith('/') || isOfEngine(word)) return word
    const render = VIRTUAL_FILES[word]
    if (render !== undefined) return this.#write(word, render(clock()))
    return this.#owns(word) ? this.hostPath(word) : word
  }

  #owns(path: string): boolean {
    const clean = posix.resolve('/', path)
    const mounted = this.#mounts.some((mount) => clean === mount || clean.startsWith(`${mount}/`))
    return mounted || (clean !== '/' && existsSync(this.hostPath(clean)))
  }

  #write(name: string, text: string): string {
    const path = join(this.#virtual, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.next`, text)
    renameSync(`${path}.next`, path)
    return path
  }
}
