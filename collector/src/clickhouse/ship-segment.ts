/** One attempt to store one segment: whole, and piece by piece once ClickHouse refused it. */
import type { Clock } from '../clock.ts'
import { classifyInsertError, PermanentError } from '../errors.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Disk } from '../wal/disk.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { splitPath } from '../wal/segment.ts'
import { checkSegment, readCommits } from '../wal/check-segment.ts'
import { insertPatienceMs } from './backoff.ts'
import { isolate, type IsolateOptions } from './isolate.ts'
import { wholePiece, type Piece } from './piece.ts'
import { quarantine } from './quarantine.ts'
import { readRanges } from './segment-body.ts'
import type { ShipOutcome } from './shipper.ts'
import { SplitJournal } from './split-journal.ts'
import type { BlockStore } from './store.ts'

export interface ShipOptions {
  readonly store: BlockStore
  readonly disk: Disk
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Time one insert may take, ms. */
  readonly insertMsMax: number
  /** Directory of rows that ClickHouse refuses. */
  readonly quarantine: string
}

export type Attempt = (segment: SealedSegment, attempt: number) => Promise<ShipOutcome>

/** When a segment that waits for a view to be mended is tried again, ms. */
const VIEW_RETRY_MS = 30_000

const STORED: ShipOutcome = { stored: true }

export function createAttempt(options: ShipOptions): Attempt {
  /** Segments that were refused whole. */
  const inPieces = new Set<string>()
  const checkOnce = createCheck(options, inPieces)
  return async (segment, attempt) => {
    const msMax = insertPatienceMs(attempt, options.insertMsMax)
    try {
      const whole = segment.recovered ? await checkOnce(segment) : segment
      if (whole === undefined) return STORED
      if (!inPieces.has(segment.id) && (await storeWhole(whole, msMax, options))) return STORED
      inPieces.add(segment.id)
      const outcome = await storePieces(segment, msMax, options)
      if (outcome.stored) inPieces.delete(segment.id)
      return outcome
    } catch (error) {
      tellRetry(segment, attempt, error, options.telemetry)
      return { stored: false }
    }
  }
}

type Check = (segment: SealedSegment) => Promise<SealedSegment | undefined>

/** What the disk kept of a segment that was in the log at the start; undefined when that is nothing. */
function createCheck({ disk, telemetry }: ShipOptions, inPieces: Set<string>): Check {
  const checked = new Map<string, SealedSegment | undefined>()
  return async (segment) => {
    const { id, directory } = segment
    if (checked.has(id)) return checked.get(id)
    const { sound, spoiledRows } = await checkSegment(disk, segment)
    if (spoiledRows > 0) telemetry.emit('blocksSpoiled', { segment: id, rows: spoiledRows })
    const journal = await SplitJournal.open(disk, splitPath(directory, id))
    if (journal.isCut(id)) inPieces.add(id)
    checked.set(id, sound)
    return sound
  }
}

/** False when ClickHouse says that rows are at fault. */
async function storeWhole(
  segment: SealedSegment,
  msMax: number,
  { store, telemetry: { metrics } }: ShipOptions,
): Promise<boolean> {
  const { id, table, rows, ranges } = segment
  const startedAtMs = performance.now()
  try {
    await store.insert({ table, token: id, body: readRanges(segment, ranges), msMax })
  } catch (error) {
    if (classifyInsertError(error) instanceof PermanentError) return false
    throw error
  }
  metrics.add('segmentsStored', 1, table)
  metrics.add('rowsStored', rows, table)
  metrics.observe('insertDuration', (performance.now() - startedAtMs) / 1000, table)
  return true
}

async function storePieces(
  segment: SealedSegment,
  msMax: number,
  options: ShipOptions,
): Promise<ShipOutcome> {
  const commits = await readCommits(options.disk, segment)
  const journal = await SplitJournal.open(options.disk, splitPath(segment.directory, segment.id))
  try {
    const complete = await isolate(wholePiece(segment, commits), {
      ...isolateOptions(segment, journal, options),
      msMax,
    })
    return complete ? STORED : { stored: false, waitMs: VIEW_RETRY_MS }
  } finally {
    await journal.close()
  }
}

function isolateOptions(
  segment: SealedSegment,
  journal: SplitJournal,
  options: ShipOptions,
): Omit<IsolateOptions, 'msMax'> {
  const { store, disk, clock, telemetry } = options
  const { id, table } = segment
  return {
    store,
    journal,
    quarantine: async (piece: Piece, cause: PermanentError) => {
      const file = await quarantine(disk, options.quarantine, piece, cause, clock.nowMs())
      const { code, message } = cause
      telemetry.emit('rowsQuarantined', { segment: id, table, code, rows: piece.rows, file, error: message })
    },
    onViewRefused: (_, { code, message }) =>
      telemetry.emit('viewRefused', { segment: id, table, code, error: message }),
  }
}

function tellRetry(segment: SealedSegment, attempt: number, error: unknown, telemetry: Telemetry): void {
  const { id, table } = segment
  const { code, message } = classifyInsertError(error)
  telemetry.emit('insertRetried', { segment: id, table, code, attempt, error: message })
}
