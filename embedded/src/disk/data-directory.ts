import { mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where everything lies inside a data directory. */
export interface DataDirectory {
  readonly path: string
  /** The engine's own files. */
  readonly engine: string
  /** Bodies and results on their way through. */
  readonly scratch: string
  readonly credentialsFile: string
}

/** The engine takes these for patterns in a file's path, and an INSERT from such a path inserts nothing. */
const PATTERN_CHARACTERS = /[*?{}[\]]/

/**
 * Creates what is missing.
 * @throws Error saying which path cannot be used and what to do.
 */
export function prepareDataDirectory(wanted: string): DataDirectory {
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o700 })
    const path = realpathSync(wanted)
    if (PATTERN_CHARACTERS.test(path)) throw new Error('its path has one of the characters * ? { } [ ]')
    const engine = join(path, 'engine')
    mkdirSync(engine, { recursive: true, mode: 0o700 })
    return { path, engine, scratch: join(path, 'scratch'), credentialsFile: join(path, 'credentials.json') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `the data directory ${wanted} cannot be used: ${reason}. Make it writable or choose another.`,
      {
        cause: error,
      },
    )
  }
}

/** Readable for the owner alone from its first byte, whatever lay there before. */
export function writeCredentials(file: string, credentials: Readonly<Record<string, string>>): void {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${JSON.stringify(credentials)}\n`, { flag: 'wx', mode: 0o600 })
  renameSync(fresh, file)
}
