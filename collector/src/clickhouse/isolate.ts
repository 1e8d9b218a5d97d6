/**
 * Stores what can be stored of a segment that ClickHouse refuses: cut in half until the rows at fault stand alone.
 *
 * A table that refuses a block has stored nothing of it, so its halves may go under tokens of their own. A view that
 * refuses a block is another matter: then the table and the other views have the rows already, and the same insert must be
 * repeated until the view takes it. Which of the two it was shows when the insert is repeated ignoring errors of views.
 */
import { classifyInsertError, PermanentError, RetryableError } from '../errors.ts'
import type { Piece } from './piece.ts'
import type { SplitJournal } from './split-journal.ts'
import type { BlockStore } from './store.ts'

export interface IsolateOptions {
  readonly store: BlockStore
  readonly journal: SplitJournal
  /** Time one insert may take, ms. */
  readonly msMax: number
  /** Sets the rows of a piece aside, durably. */
  readonly quarantine: (piece: Piece, cause: PermanentError) => Promise<void>
  /** A view refuses rows that its table has. */
  readonly onViewRefused: (piece: Piece, cause: PermanentError) => void
}

/** Pieces tried for one segment in one go. When all of a segment is at fault, what is left is quarantined in one piece. */
const PIECES_MAX = 5_000

/** Resolves to whether everything is stored or quarantined; else views have to be mended. Throws RetryableError. */
export async function isolate(whole: Piece, options: IsolateOptions): Promise<boolean> {
  const pieces = [whole]
  let complete = true
  let tried = 0
  while (pieces.length > 0) {
    const piece = pieces.pop()
    if (piece === undefined || options.journal.isDone(piece.token)) continue
    if (options.journal.isCut(piece.token)) pieces.push(...(piece.halves() ?? []))
    else {
      const refusal = await storeOrRefuse(piece, options)
      if (refusal === 'view') complete = false
      else if (refusal === undefined) await options.journal.done(piece.token)
      else pieces.push(...(await cutOrQuarantine(piece, refusal, options, ++tried < PIECES_MAX)))
    }
  }
  return complete
}

async function cutOrQuarantine(
  piece: Piece,
  refusal: PermanentError,
  { journal, quarantine }: IsolateOptions,
  mayCut: boolean,
): Promise<readonly Piece[]> {
  const halves = mayCut ? piece.halves() : undefined
  if (halves !== undefined) {
    await journal.cut(piece.token)
    return halves
  }
  await quarantine(piece, refusal)
  await journal.done(piece.token)
  return []
}

/** Undefined when stored; `view` when all but a view has it; else why the table refuses it. */
async function storeOrRefuse(
  piece: Piece,
  options: IsolateOptions,
): Promise<PermanentError | 'view' | undefined> {
  const first = await insert(piece, options, false)
  if (first === undefined) return undefined
  const second = await insert(piece, options, true)
  if (second !== undefined) return second
  options.onViewRefused(piece, first)
  return 'view'
}

async function insert(
  { table, token, read }: Piece,
  { store, msMax }: IsolateOptions,
  ignoreViewErrors: boolean,
): Promise<PermanentError | undefined> {
  try {
    await store.insert({ table, token, body: read(), msMax, ignoreViewErrors })
    return undefined
  } catch (error) {
    const failure = classifyInsertError(error)
    if (failure instanceof RetryableError) throw failure
    return failure
  }
}
