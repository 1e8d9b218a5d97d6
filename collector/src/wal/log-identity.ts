/** Who a log is: a uuid born with its directory, and sequence numbers that no crash and no deleted file brings back. */
import { join } from 'node:path'
import { z } from 'zod'
import type { Disk } from './disk.ts'

const FILE = 'log.json'

/** Numbers reserved with one write; those left over at a restart are skipped. */
const RESERVED_NUMBERS = 100_000

const identitySchema = z.object({ logId: z.uuid(), nextSequence: z.int().min(0) })

export class LogIdentity {
  readonly logId: string
  readonly #disk: Disk
  readonly #path: string
  #next: number
  #reservedEnd: number
  #reserving: Promise<void> | undefined

  private constructor(disk: Disk, path: string, logId: string, next: number) {
    this.logId = logId
    this.#disk = disk
    this.#path = path
    this.#next = next
    this.#reservedEnd = next
  }

  /** Reads the directory's identity, or gives it one. `atLeast`: a number above every one seen in the directory. */
  static async open(
    disk: Disk,
    directory: string,
    newId: () => string,
    atLeast: number,
  ): Promise<LogIdentity> {
    const path = join(directory, FILE)
    const stored = await readIdentity(disk, path)
    const next = Math.max(stored?.nextSequence ?? 0, atLeast)
    const identity = new LogIdentity(disk, path, stored?.logId ?? newId(), next)
    // A known log can be read, and shipped, on a full disk; numbers are reserved when one is asked for.
    if (stored === undefined) await identity.#reserve()
    return identity
  }

  /** A number that this log never used before. */
  async nextSequence(): Promise<number> {
    const mine = this.#next
    this.#next += 1
    while (mine >= this.#reservedEnd) {
      await (this.#reserving ??= this.#reserve().finally(() => (this.#reserving = undefined)))
    }
    return mine
  }

  async #reserve(): Promise<void> {
    const end = this.#next + RESERVED_NUMBERS
    await this.#disk.replace(this.#path, JSON.stringify({ logId: this.logId, nextSequence: end }))
    this.#reservedEnd = end
  }
}

async function readIdentity(disk: Disk, path: string): Promise<z.infer<typeof identitySchema> | undefined> {
  try {
    return identitySchema.parse(JSON.parse((await disk.read(path)).toString('utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(
      `${path} is broken: move the directory away to start a new log, its segments can be moved back`,
      {
        cause: error,
      },
    )
  }
}
