import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** workerd keeps container snapshots as images under this prefix: only these must exist to be used. */
const SNAPSHOT_IMAGE_PREFIX = 'workerd-container-snap-'

function sizeOf(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce((bytes, file) => bytes + statSync(join(file.parentPath, file.name)).size, 0)
}

export interface Image {
  readonly id: string
  /** Bytes of its files. */
  readonly size: number
  /** Undefined for an image that is a name only. */
  readonly directory: string | undefined
  /** What runs in a container of it when nothing else is asked for. */
  readonly entrypoint: readonly string[]
}

/** What runs in the containers of an image, by its name. */
export type ImageEntrypoints = Readonly<Record<string, { readonly entrypoint: readonly string[] }>>

/** Images that were committed from containers. Every other name is an image too, an empty one. */
export class ImageStore {
  readonly #root: string
  readonly #directories = new Map<string, string>()
  readonly #entrypoints: ImageEntrypoints

  constructor(root: string, entrypoints: ImageEntrypoints) {
    this.#root = root
    this.#entrypoints = entrypoints
    mkdirSync(root, { recursive: true })
  }

  /** Undefined when the name is a snapshot's and no such snapshot was taken. */
  find(name: string): Image | undefined {
    const directory = this.#directories.get(name)
    const entrypoint = this.#entrypoints[name]?.entrypoint ?? []
    if (directory !== undefined) return { id: name, size: sizeOf(directory), directory, entrypoint }
    if (name.startsWith(SNAPSHOT_IMAGE_PREFIX)) return undefined
    return { id: name, size: 0, directory: undefined, entrypoint }
  }

  async commit(name: string, files: string): Promise<void> {
    const directory = join(this.#root, randomUUID())
    await run('cp', ['-a', files, directory])
    this.#directories.set(name, directory)
  }

  /** False when there is no such image to delete. */
  delete(name: string): boolean {
    const directory = this.#directories.get(name)
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
    return this.#directories.delete(name)
  }

  async unpack(image: Image, files: string): Promise<void> {
    if (image.directory !== undefined) await run('cp', ['-a', `${image.directory}/.`, files])
  }
}

export interface Volume {
  readonly name: string
  readonly labels: unknown
  readonly directory: string
}

/** Named directories that containers can share. */
export class VolumeStore {
  readonly #root: string
  readonly #volumes = new Map<string, Volume>()

  constructor(root: string) {
    this.#root = root
    mkdirSync(root, { recursive: true })
  }

  list(): Volume[] {
    return [...this.#volumes.values()]
  }

  find(name: string): Volume | undefined {
    return this.#volumes.get(name)
  }

  create(name: string, labels: unknown): Volume {
    const known = this.#volumes.get(name)
    if (known !== undefined) return known
    const volume = { name, labels, directory: join(this.#root, randomUUID()) }
    mkdirSync(volume.directory)
    this.#volumes.set(name, volume)
    return volume
  }

  delete(name: string): boolean {
    const volume = this.#volumes.get(name)
    if (volume !== undefined && existsSync(volume.directory)) rmSync(volume.directory, { recursive: true })
    return this.#volumes.delete(name)
  }
}
