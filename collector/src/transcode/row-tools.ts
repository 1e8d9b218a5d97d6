/** What all rows of a transcoder share. */
import type { Sandboxes } from '../enrich/sandbox-context.ts'
import type { TranscodeCounts } from './counts.ts'
import type { KeyTable } from './key-table.ts'
import type { TranscodeLimits } from './limits.ts'
import type { TextWriter } from './text-writer.ts'
import type { TimeWindow } from './time-window.ts'

export interface RowTools {
  readonly limits: TranscodeLimits
  readonly counts: TranscodeCounts
  readonly keys: KeyTable
  readonly text: TextWriter
  readonly times: TimeWindow
  readonly sandboxes: Sandboxes
}
