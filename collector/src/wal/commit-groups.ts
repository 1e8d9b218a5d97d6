/** One group commit per signal, and what follows when one succeeds or fails. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import type { Admission } from '../admit/admission.ts'
import { classifyCommitError, messageOf } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { ResendKeys } from '../resend/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Signal, Transcoder } from '../transcode/transcoder.ts'
import { GroupCommit, type Committed } from './group-commit.ts'
import type { WriteAheadLog } from './write-ahead-log.ts'

export interface CommitGroupsOptions {
  readonly config: CollectorConfig
  readonly ports: Ports
  readonly telemetry: Telemetry
  readonly admission: Admission
  readonly keys: ResendKeys
  readonly log: WriteAheadLog
  readonly transcoder: Transcoder
}

export type CommitGroups = Readonly<Record<Signal, GroupCommit>>

const tableOf: Readonly<Record<Signal, LoggedTable>> = {
  traces: 'otel_traces',
  logs: 'otel_logs',
  metrics: 'otel_metrics',
}

export function createCommitGroups(options: CommitGroupsOptions): CommitGroups {
  return {
    traces: createGroup('traces', options),
    logs: createGroup('logs', options),
    metrics: createGroup('metrics', options),
  }
}

function createGroup(signal: Signal, options: CommitGroupsOptions): GroupCommit {
  const { transcoder, keys, log, ports, config } = options
  const table = tableOf[signal]
  return new GroupCommit({
    signal,
    table,
    transcoder,
    log: log.table(table),
    clock: ports.clock,
    ...config.commit,
    onCommitted: (committed) => {
      keys.settle(committed.keys, true)
      measure(committed, options.telemetry)
    },
    onFailed: (failedKeys, error) => {
      // What a broken log holds is known only to who reads it next; until then its keys stay claimed.
      if (classifyCommitError(error) !== 'log_broken') keys.settle(failedKeys, false)
      reportFailure(table, error, options)
    },
  })
}

function measure({ table, rows, durationMs }: Committed, { metrics }: Telemetry): void {
  metrics.add('commits', 1, table)
  metrics.add('rowsAccepted', rows, table)
  metrics.observe('commitDuration', durationMs / 1000, table)
}

/** A full disk closes the gate until there is room; a log that cannot be trusted ends the process. */
function reportFailure(
  table: LoggedTable,
  error: unknown,
  { telemetry, admission, ports }: CommitGroupsOptions,
): void {
  const failure = classifyCommitError(error)
  telemetry.emit('commitFailed', { table, failure, error: messageOf(error) })
  if (failure === 'disk_full') admission.set('disk_full', true)
  if (failure !== 'log_broken') return
  admission.set('log_broken', true)
  ports.fatal(error instanceof Error ? error : new Error(String(error)))
}
