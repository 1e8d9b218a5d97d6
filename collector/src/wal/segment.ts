/** A segment: the rows of one table that one INSERT stores. Its id is that INSERT's deduplication token. */
import { join } from 'node:path'
import { loggedTables, type LoggedTable } from '@sandglass/schemas/metric-tables'

export interface SegmentName {
  /** Identity of the log that wrote it. */
  readonly logId: string
  readonly table: LoggedTable
  readonly sequence: number
}

/** Part of a data file: `start` included, `end` not. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A segment whose content never changes again. */
export interface SealedSegment {
  /** `<log uuid>-<table>-<sequence>`. */
  readonly id: string
  readonly table: LoggedTable
  readonly directory: string
  /** Which bytes of the data file are the body of the INSERT: all of it, but for blocks the disk spoiled. */
  readonly ranges: readonly ByteRange[]
  readonly bytes: number
  readonly rows: number
  /** Unix time before which nothing in it was acknowledged, ms. */
  readonly firstCommitAtMs: number
  readonly tenants: readonly string[]
  /** Was in the log when the process started: its blocks are checked before they are sent. */
  readonly recovered: boolean
}

const DATA = '.native'
const SIDE = '.side'
const NAME = /^([0-9a-f-]{36})-([a-z_]+)-(\d+)\.(native|side)$/

export const segmentId = ({ logId, table, sequence }: SegmentName): string => `${logId}-${table}-${sequence}`

export const dataPath = (directory: string, id: string): string => join(directory, `${id}${DATA}`)

export const sidePath = (directory: string, id: string): string => join(directory, `${id}${SIDE}`)

/** Which pieces of it were refused and cut; there only for a segment that was. */
export const splitPath = (directory: string, id: string): string => join(directory, `${id}.split`)

export interface SegmentFile extends SegmentName {
  readonly id: string
  readonly kind: 'data' | 'side'
}

/** What a file of a log directory is; undefined for files that are no segment's. */
export function parseFileName(name: string): SegmentFile | undefined {
  const [, logId, table, digits, suffix] = NAME.exec(name) ?? []
  if (logId === undefined || table === undefined || !isTable(table)) return undefined
  const segment = { logId, table, sequence: Number(digits) }
  return { ...segment, id: segmentId(segment), kind: suffix === 'native' ? 'data' : 'side' }
}

const isTable = (name: string): name is LoggedTable => Object.hasOwn(loggedTables, name)
