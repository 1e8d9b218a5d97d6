/** Rows that ClickHouse refuses, set aside as blocks that can be sent again once the cause is mended. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { loggedTables, type LoggedTable } from '@sandglass/schemas/metric-tables'
import { z } from 'zod'
import type { PermanentError } from '../errors.ts'
import type { Disk } from '../wal/disk.ts'
import type { Piece } from './piece.ts'
import type { BlockStore } from './store.ts'

const DATA = '.native'
const NOTE = '.json'

const tableNames = Object.keys(loggedTables) as [LoggedTable, ...LoggedTable[]]

const noteSchema = z.object({
  /** Under which the rows are sent again: they were never stored under it. */
  token: z.string(),
  table: z.enum(tableNames),
  rows: z.int(),
  code: z.string(),
  error: z.string(),
  quarantinedAt: z.iso.datetime(),
})

type Note = z.infer<typeof noteSchema>

/** Writes the rows of a piece and why they were refused. Returns the path of the rows. Repeatable. */
export async function quarantine(
  disk: Disk,
  directory: string,
  piece: Piece,
  cause: PermanentError,
  nowMs: number,
): Promise<string> {
  const { token, table, rows } = piece
  const path = join(directory, `${token}${DATA}`)
  await disk.remove(path)
  const file = await disk.create(path)
  try {
    await file.write(await buffer(piece.read()), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  const quarantinedAt = new Date(nowMs).toISOString()
  const note: Note = { token, table, rows, code: cause.code, error: cause.message, quarantinedAt }
  await disk.replace(join(directory, `${token}${NOTE}`), JSON.stringify(note))
  return path
}

export interface ReplayResult {
  readonly replayedRows: number
  /** Files that ClickHouse still refuses, with what it said. */
  readonly left: readonly { readonly file: string; readonly error: string }[]
}

/** Sends everything set aside once more; what is stored is removed. Safe to run while the collector runs. */
export async function replayQuarantine(
  disk: Disk,
  directory: string,
  store: BlockStore,
  msMax: number,
): Promise<ReplayResult> {
  const left: { file: string; error: string }[] = []
  let replayedRows = 0
  for (const { name } of await disk.list(directory)) {
    if (!name.endsWith(NOTE)) continue
    const note = noteSchema.parse(JSON.parse((await disk.read(join(directory, name))).toString('utf8')))
    const path = join(directory, `${note.token}${DATA}`)
    try {
      const { table, token } = note
      await store.insert({ table, token, body: createReadStream(path), msMax })
    } catch (error) {
      left.push({ file: path, error: error instanceof Error ? error.message : String(error) })
      continue
    }
    replayedRows += note.rows
    await disk.remove(path)
    await disk.remove(join(directory, name))
  }
  return { replayedRows, left }
}
