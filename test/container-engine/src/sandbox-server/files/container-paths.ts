import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** Directories that a container of the real image has, beside the ones the engine makes. */
const MADE = ['home', 'mnt', 'data', 'var/backups'] as const
/** Directories in which every path is the container's own. In any other, only what is there in the container. */
const OWN = new Set(['workspace', 'tmp', 'root', 'home', 'mnt', 'data', 'var'])

/** The client unpacks a backup by this program: archives of this server are tar files. */
const UNSQUASHFS = { path: 'usr/bin/unsquashfs', text: '#!/bin/sh\nexec tar -xzf "$4" -C "$3"\n' }

/** An absolute path in a command line: at a word's begin, after a quote, `=`, `:`, `>` or a parenthesis. */
const PATH_IN_COMMAND = /(?<=^|[\s'"=:(<>;&|`])\/[\w.@%+~-][\w./@%+~-]*/g

/** The container's paths and where they are on the host. */
export class ContainerPaths {
  /** Stands for `/`. */
  readonly root: string

  /** @param workspace where `/workspace` is on the host */
  constructor(workspace: string) {
    this.root = dirname(workspace)
    for (const name of MADE) mkdirSync(join(this.root, name), { recursive: true })
    mkdirSync(dirname(join(this.root, UNSQUASHFS.path)), { recursive: true })
    writeFileSync(join(this.root, UNSQUASHFS.path), UNSQUASHFS.text, { mode: 0o755 })
  }

  /** Where a path is on the host: never outside of the container. Relative ones are below `/workspace`. */
  host(path: string): string {
    return join(this.root, posix.resolve('/workspace', path))
  }

  /** The container's name of a path on the host. */
  inside(hostPath: string): string {
    return hostPath.startsWith(this.root) ? hostPath.slice(this.root.length) || '/' : hostPath
  }

  /** A command line with its absolute paths, where they are the container's own, as the host's. */
  command(line: string): string {
    return line.replaceAll(PATH_IN_COMMAND, (path) => (this.#owns(path) ? this.root + path : path))
  }

  /** Output of a command with the container's own names again. */
  output(text: string): string {
    return text.replaceAll(this.root, '')
  }

  #owns(path: string): boolean {
    if (path.startsWith(this.root)) return false
    const clean = posix.resolve('/', path)
    return OWN.has(clean.split('/')[1] ?? '') || existsSync(join(this.root, clean))
  }
}
