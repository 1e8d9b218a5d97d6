import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The library's own `default` database overlays the file system: `SELECT * FROM "/etc/passwd"` reads that file,
 * also under `readonly`. This puts a plain Atomic database over the same stored tables in its place.
 * Must come before the first further connection: none opens while there is no `default`.
 */
export async function replaceOverlay(
  directory: string,
  query: (sql: string) => Promise<unknown>,
): Promise<void> {
  if (hasStoredTables(directory)) {
    await query('DETACH DATABASE default')
    await query('ATTACH DATABASE default')
  } else {
    await query('DROP DATABASE default')
    await query('CREATE DATABASE default ENGINE = Atomic')
  }
}

/** Asked of the disk, since the overlay hides detached tables. An empty database cannot be attached again. */
function hasStoredTables(directory: string): boolean {
  try {
    return readdirSync(join(directory, 'metadata', 'default')).some((name) => name.includes('.sql'))
  } catch {
    return false
  }
}
