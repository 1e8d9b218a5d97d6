/**
 * Which pieces of a segment were refused and cut in half.
 *
 * Written down before a half is sent: a piece that was cut is never sent whole again, not even when ClickHouse would take
 * it after a restart, because its halves have tokens of their own and would be stored beside it.
 */
import { dirname } from 'node:path'
import { codeOf } from '../errors.ts'
import type { Disk, LogFile } from '../wal/disk.ts'

export class SplitJournal {
  readonly #disk: Disk
  readonly #path: string
  readonly #cut: Set<string>
  readonly #done: Set<string>
  #bytes: number
  #file: LogFile | undefined

  private constructor(disk: Disk, path: string, text: string) {
    this.#disk = disk
    this.#path = path
    const lines = text.split('\n').slice(0, -1)
    this.#cut = tokensOf(lines, 'cut')
    this.#done = tokensOf(lines, 'done')
    this.#bytes = Buffer.byteLength(lines.map((line) => `${line}\n`).join(''))
  }

  static async open(disk: Disk, path: string): Promise<SplitJournal> {
    return new SplitJournal(disk, path, await readText(disk, path))
  }

  isCut(token: string): boolean {
    return this.#cut.has(token)
  }

  isDone(token: string): boolean {
    return this.#done.has(token)
  }

  /** Resolves once the decision would survive a crash. */
  async cut(token: string): Promise<void> {
    await this.#append(`cut ${token}\n`, true)
    this.#cut.add(token)
  }

  /** The piece is stored or quarantined. Lost in a crash, it is done once more, which changes nothing. */
  async done(token: string): Promise<void> {
    await this.#append(`done ${token}\n`, false)
    this.#done.add(token)
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #append(line: string, sync: boolean): Promise<void> {
    this.#file ??= await openOrCreate(this.#disk, this.#path)
    const bytes = Buffer.from(line)
    await this.#file.write(bytes, this.#bytes)
    if (sync) await this.#file.sync()
    this.#bytes += bytes.length
  }
}

const tokensOf = (lines: readonly string[], kind: string): Set<string> =>
  new Set(lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1)))

async function readText(disk: Disk, path: string): Promise<string> {
  try {
    return (await disk.read(path)).toString('utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

async function openOrCreate(disk: Disk, path: string): Promise<LogFile> {
  try {
    return await disk.open(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const file = await disk.create(path)
    await disk.syncDirectory(dirname(path))
    return file
  }
}
