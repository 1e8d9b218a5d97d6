/** The segment that is being written: commits are appended, and once it is sealed nothing is. */
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import { checksumOf } from './block-checksum.ts'
import type { Disk, LogFile } from './disk.ts'
import { dataPath, sidePath, type SealedSegment } from './segment.ts'
import { encodeCommit, encodeSeal } from './side-file.ts'

/** One block with what its record says. */
export interface Commit {
  readonly bytes: Uint8Array
  readonly rows: number
  readonly committedAtMs: number
  readonly tenants: readonly string[]
  readonly keys: readonly Uint8Array[]
}

/** The disk refused a write and then refused to take it back: what the files hold is unknown, so the process must end. */
export class LogBrokenError extends Error {
  override readonly name = 'LogBrokenError'
}

export class OpenSegment {
  readonly id: string
  readonly #table: LoggedTable
  readonly #directory: string
  readonly #data: LogFile
  readonly #side: LogFile
  readonly #tenants = new Set<string>()
  #bytes = 0
  #sideBytes = 0
  #rows = 0
  #firstCommitAtMs = 0

  private constructor(id: string, table: LoggedTable, directory: string, data: LogFile, side: LogFile) {
    this.id = id
    this.#table = table
    this.#directory = directory
    this.#data = data
    this.#side = side
  }

  /** Creates both files; they survive a crash when this resolves. */
  static async create(disk: Disk, directory: string, id: string, table: LoggedTable): Promise<OpenSegment> {
    const data = await disk.create(dataPath(directory, id))
    try {
      const side = await disk.create(sidePath(directory, id))
      await disk.syncDirectory(directory)
      return new OpenSegment(id, table, directory, data, side)
    } catch (error) {
      await data.close()
      await disk.remove(dataPath(directory, id))
      await disk.remove(sidePath(directory, id))
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  get rows(): number {
    return this.#rows
  }

  get tenants(): ReadonlySet<string> {
    return this.#tenants
  }

  /** Unix time of the first commit, ms; 0 while there is none. */
  get firstCommitAtMs(): number {
    return this.#firstCommitAtMs
  }

  /** Resolves once block and record are on disk. On failure both files are as before, and the error of the disk is thrown. */
  async append(commit: Commit): Promise<void> {
    const record = encodeCommit({
      offset: this.#bytes,
      length: commit.bytes.length,
      checksumKind: 'gmac',
      checksum: checksumOf('gmac', commit.bytes),
      ...commit,
    })
    const outcomes = await Promise.allSettled([
      writeSynced(this.#data, commit.bytes, this.#bytes),
      writeSynced(this.#side, record, this.#sideBytes),
    ])
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      await this.#takeBack(failed.reason)
      throw failed.reason
    }
    this.#count(commit, record.length)
  }

  #count(commit: Commit, recordBytes: number): void {
    if (this.#rows === 0) this.#firstCommitAtMs = commit.committedAtMs
    this.#bytes += commit.bytes.length
    this.#sideBytes += recordBytes
    this.#rows += commit.rows
    for (const tenant of commit.tenants) this.#tenants.add(tenant)
  }

  /** A record that survived here would be counted as acknowledged at the next start, and its requests come again. */
  async #takeBack(cause: unknown): Promise<void> {
    try {
      await this.#side.truncate(this.#sideBytes)
      await this.#data.truncate(this.#bytes)
      await Promise.all([this.#side.sync(), this.#data.sync()])
    } catch (error) {
      const what = `segment ${this.id}: a failed commit could not be taken back`
      throw new LogBrokenError(what, { cause: new AggregateError([cause, error]) })
    }
  }

  /** Closes the files. A seal record that does not arrive costs a check at the next start, nothing else. */
  async seal(): Promise<SealedSegment> {
    await this.#side.write(encodeSeal(), this.#sideBytes).catch(() => undefined)
    await Promise.allSettled([this.#data.close(), this.#side.close()])
    return {
      id: this.id,
      table: this.#table,
      directory: this.#directory,
      ranges: [{ start: 0, end: this.#bytes }],
      bytes: this.#bytes,
      rows: this.#rows,
      firstCommitAtMs: this.#firstCommitAtMs,
      tenants: [...this.#tenants],
      recovered: false,
    }
  }

  /** Closes and removes a segment that holds nothing. */
  async discard(disk: Disk): Promise<void> {
    await Promise.all([this.#data.close(), this.#side.close()])
    await disk.remove(dataPath(this.#directory, this.id))
    await disk.remove(sidePath(this.#directory, this.id))
  }
}

async function writeSynced(file: LogFile, bytes: Uint8Array, position: number): Promise<void> {
  await file.write(bytes, position)
  await file.sync()
}
