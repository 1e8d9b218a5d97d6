/** Builds one collector process out of its parts, and takes it apart again. */
import type { CollectorConfig } from '@sandglass/schemas/config-collector'
import { collectorTables, type CollectorTable } from '@sandglass/schemas/tables'
import { Admission } from './admit/admission.ts'
import { createLocalTenant } from './admit/tenants.ts'
import { createAttempt } from './clickhouse/ship-segment.ts'
import { Shipper } from './clickhouse/shipper.ts'
import { WatermarkWriter, type Holding } from './clickhouse/watermark.ts'
import { classifyCommitError, messageOf } from './errors.ts'
import { startLoop } from './loop.ts'
import { acceptExport, type ExportStages } from './pipeline.ts'
import type { Ports } from './ports.ts'
import { createDecompress } from './receive/decompress.ts'
import { createExportRoute } from './receive/export-route.ts'
import { createMemoryBudget } from './receive/memory-budget.ts'
import { readBody } from './receive/read-body.ts'
import { createRouter } from './receive/router.ts'
import { createStatusRoutes, notFound } from './receive/status-routes.ts'
import { listen } from './receive/server.ts'
import { createFingerprint } from './resend/fingerprint.ts'
import type { ResendKeys } from './resend/registry.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { createTranscoder, type Signal } from './transcode/transcoder.ts'
import { Backlog } from './wal/backlog.ts'
import type { DataDirectory } from './wal/data-directory.ts'
import { GroupCommit } from './wal/group-commit.ts'
import type { RecoveryListener } from './wal/recover.ts'
import { StoredSideFiles } from './wal/stored-side-files.ts'
import { openWriteAheadLog } from './wal/write-ahead-log.ts'

export interface WorkerOptions {
  readonly config: CollectorConfig
  readonly ports: Ports
  readonly directory: DataDirectory
  readonly worker: number
  readonly keys: ResendKeys
}

export interface Worker {
  readonly url: string
  readonly telemetry: Telemetry
  /** Answers what was accepted, seals and ships within `stopMsMax`. Idempotent. */
  stop(reason: string): Promise<void>
}

const signalTables: Readonly<Record<Signal, CollectorTable>> = { traces: 'otel_traces', logs: 'otel_logs' }

const SEAL_CHECK_MS = 50

/** Time that requests under way have to end when the collector stops, ms. */
const STOP_REQUESTS_MS_MAX = 5_000

const SWEEP_MS = 30_000

export async function startWorker({
  config,
  ports,
  directory,
  worker,
  keys,
}: WorkerOptions): Promise<Worker> {
  const { clock, disk } = ports
  const telemetry = new Telemetry({ clock, log: ports.log, context: { worker } })
  const admission = new Admission(telemetry)
  const backlog = new Backlog()
  const sideFiles = new StoredSideFiles(disk, config.resend.windowMs)
  const client = ports.connect({ ...config.clickhouse })
  const store = ports.createStore(client, config.clickhouse.insertMsMax)
  const shipper = new Shipper({
    clock,
    random: ports.random,
    insertsMax: config.clickhouse.insertsMax,
    attempt: createAttempt({ store, telemetry }),
    onStored: async (segment) => {
      await sideFiles.release(segment, clock.nowMs())
      backlog.remove(segment)
    },
  })

  let recoveredKeys = 0
  const listener: RecoveryListener = {
    keysFound: (found) => {
      recoveredKeys += found.length
      keys.settle(found, true)
    },
    tailCut: (segment, bytes) => telemetry.emit('tailCut', { segment, bytes }),
    blocksSpoiled: (segment, rows) => telemetry.emit('blocksSpoiled', { segment, rows }),
    sideFileMissing: (segment, bytes) => telemetry.emit('sideFileMissing', { segment, bytes }),
  }
  const log = await openWriteAheadLog({
    disk,
    directory: directory.logOf(worker),
    newId: ports.newId,
    tables: Object.keys(collectorTables) as CollectorTable[],
    limits: config.segment,
    listener,
    onSealed: (segment) => {
      backlog.add(segment)
      shipper.enqueue(segment)
    },
  })
  for (const side of log.recovered.shipped) sideFiles.keep(side)
  for (const segment of log.recovered.segments) {
    backlog.add(segment)
    shipper.enqueue(segment)
  }
  telemetry.emit('recovered', {
    directory: directory.logOf(worker),
    segments: log.recovered.segments.length,
    rows: log.recovered.segments.reduce((sum, { rows }) => sum + rows, 0),
    keys: recoveredKeys,
  })

  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const commits = Object.fromEntries(
    (Object.keys(signalTables) as Signal[]).map((signal) => {
      const table = signalTables[signal]
      const group = new GroupCommit({
        signal,
        table,
        transcoder,
        log: log.table(table),
        clock,
        ...config.commit,
        onCommitted: (committed) => {
          keys.settle(committed.keys, true)
          telemetry.metrics.add('commits', 1, table)
          telemetry.metrics.add('rowsAccepted', committed.rows, table)
          telemetry.metrics.observe('commitDuration', committed.durationMs / 1000, table)
        },
        onFailed: (failedKeys, error) => {
          keys.settle(failedKeys, false)
          const failure = classifyCommitError(error)
          telemetry.emit('commitFailed', { table, failure, error: messageOf(error) })
          if (failure === 'log_broken' && error instanceof Error) ports.fatal(error)
        },
      })
      return [signal, group] as const
    }),
  ) as Record<Signal, GroupCommit>

  const tenants = createLocalTenant(config.tenantLimits)
  const { limits } = config
  const stages: ExportStages = {
    admit: ({ request }) => {
      const tenant = tenants.authenticate(request.headers.authorization)
      admission.check()
      tenant.rate.admit(clock.elapsedMs())
      return tenant
    },
    memory: createMemoryBudget(
      limits.inflightBytesMax,
      () => commits.traces.openBytes + commits.logs.openBytes,
    ),
    read: (request, memory) => readBody(request, limits.wireBytesMax, memory),
    decompress: createDecompress(limits.bodyBytesMax),
    identify: createFingerprint(directory.resendSecret),
    keys,
    commit: ({ signal, encoding }, tenant, body, key) =>
      commits[signal].submit(encoding, body, { tenantId: tenant.id, receivedAtMs: clock.nowMs() }, key),
  }
  const accept = (call: Parameters<typeof acceptExport>[1]): ReturnType<typeof acceptExport> =>
    acceptExport(stages, call)
  const router = createRouter({
    routes: {
      '/v1/traces': createExportRoute({ signal: 'traces', accept, telemetry }),
      '/v1/logs': createExportRoute({ signal: 'logs', accept, telemetry }),
      ...createStatusRoutes({ admission, metrics: telemetry.metrics }),
    },
    onNotFound: notFound,
    onError: (error, path) => telemetry.emit('failed', { what: path, error: messageOf(error) }),
  })
  const server = await listen(config, (request, response) => void router(request, response))

  function* holdings(): Generator<Holding> {
    for (const table of log.tables) if (table.open !== undefined && table.open.rows > 0) yield table.open
    yield* backlog.segments()
  }
  const watermarks = new WatermarkWriter({
    client,
    clock,
    collectorId: directory.collectorId,
    worker,
    holdings,
  })
  const onLoopError = (error: unknown): void =>
    telemetry.emit('failed', { what: 'loop', error: messageOf(error) })
  const tell = async (state: 'running' | 'stopped'): Promise<void> => {
    await watermarks
      .write(state)
      .catch((error: unknown) => telemetry.emit('watermarkFailed', { error: messageOf(error) }))
  }
  const loops = [
    startLoop(
      SEAL_CHECK_MS,
      async () => {
        for (const table of log.tables) {
          const age = table.open?.firstCommitAtMs ? clock.nowMs() - table.open.firstCommitAtMs : 0
          if (age >= config.segment.ageMsMax && shipper.hasRoom) await table.seal()
        }
      },
      onLoopError,
    ),
    startLoop(config.watermarkMs, () => tell('running'), onLoopError),
    startLoop(SWEEP_MS, () => sideFiles.sweep(clock.nowMs()), onLoopError),
  ]

  const stop = async (reason: string): Promise<void> => {
    telemetry.emit('stopping', { reason })
    admission.set('stopping', true)
    await server.close(STOP_REQUESTS_MS_MAX)
    await commits.traces.drain()
    await commits.logs.drain()
    await loops[0]?.stop()
    await log.close()
    await shipper.stop(config.stopMsMax)
    for (const loop of loops) await loop.stop()
    await tell(backlog.size === 0 ? 'stopped' : 'running')
    await client.close()
    telemetry.emit('stopped', { segmentsLeft: backlog.size })
  }
  let stopping: Promise<void> | undefined
  telemetry.emit('started', { url: server.url, workers: config.workers, dataDir: directory.path })
  return { url: server.url, telemetry, stop: (reason) => (stopping ??= stop(reason)) }
}
