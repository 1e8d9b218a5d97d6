/** Side files of stored segments: kept while their requests may come again, then removed. */
import type { Disk } from './disk.ts'
import type { ShippedSideFile } from './recover.ts'
import { dataPath, sidePath, splitPath, type SealedSegment } from './segment.ts'

export class StoredSideFiles {
  readonly #disk: Disk
  readonly #windowMs: number
  readonly #kept: ShippedSideFile[] = []

  constructor(disk: Disk, windowMs: number) {
    this.#disk = disk
    this.#windowMs = windowMs
  }

  keep(side: ShippedSideFile): void {
    this.#kept.push(side)
  }

  /** The rows are stored: the data file goes at once. A crash before it is gone sends it again, which changes nothing. */
  async release(segment: SealedSegment, nowMs: number): Promise<void> {
    const { id, directory } = segment
    this.keep({ id, directory, newestCommitAtMs: nowMs })
    // What cannot be removed now goes with the side file.
    await this.#disk.remove(dataPath(directory, id)).catch(() => undefined)
    await this.#disk.remove(splitPath(directory, id)).catch(() => undefined)
  }

  /** Removes the files whose newest commit is older than the window. */
  async sweep(nowMs: number): Promise<void> {
    const due = this.#kept.filter(({ newestCommitAtMs }) => nowMs - newestCommitAtMs > this.#windowMs)
    for (const side of due) {
      await this.#disk.remove(dataPath(side.directory, side.id))
      await this.#disk.remove(splitPath(side.directory, side.id))
      await this.#disk.remove(sidePath(side.directory, side.id))
      this.#kept.splice(this.#kept.indexOf(side), 1)
    }
  }
}
