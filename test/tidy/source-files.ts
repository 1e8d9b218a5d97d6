/** The repository as the tidy rules see it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SourceFile {
  /** Path from the root, with slashes. */
  readonly path: string
  readonly text: string
}

const root = join(import.meta.dirname, '..', '..')
const BINARY = /\.(png|ico|gz|zst|parquet)$/

/** Every file that git knows or would take up. */
export function readRepository(): readonly SourceFile[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && !BINARY.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
