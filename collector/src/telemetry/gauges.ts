/** Gauges: what is true at the moment somebody looks. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'
import type { MemoryBudget } from '../receive/memory-budget.ts'
import type { Backlog } from '../wal/backlog.ts'
import type { WriteAheadLog } from '../wal/write-ahead-log.ts'
import type { Metrics } from './metrics.ts'

export interface GaugeSources {
  readonly clock: Clock
  readonly log: WriteAheadLog
  readonly backlog: Backlog
  readonly memory: MemoryBudget
  readonly watermarks: () => ReadonlyMap<string, number>
  readonly accepting: () => boolean
}

export function registerGauges(metrics: Metrics, sources: GaugeSources): void {
  metrics.onCollect(() => setLogGauges(metrics, sources))
  metrics.onCollect(() => setWatermarks(metrics, sources.watermarks()))
  metrics.onCollect(() => {
    metrics.set('inflightBytes', sources.memory.usedBytes)
    metrics.set('acceptingRequests', sources.accepting() ? 1 : 0)
  })
  registerProcess(metrics)
}

function setLogGauges(metrics: Metrics, { clock, log, backlog }: GaugeSources): void {
  const open = log.tables.flatMap(({ open }) => (open !== undefined && open.rows > 0 ? [open] : []))
  metrics.set('logBytes', backlog.bytes + log.openBytes)
  metrics.set('logSegments', backlog.size, 'sealed')
  metrics.set('logSegments', open.length, 'open')
  const nowMs = clock.nowMs()
  let oldestMs = nowMs
  for (const { firstCommitAtMs } of [...open, ...backlog.segments()]) {
    oldestMs = Math.min(oldestMs, firstCommitAtMs)
  }
  metrics.set('logAge', (nowMs - oldestMs) / 1000)
  for (const { table, open } of log.tables) {
    const sinceMs = open !== undefined && open.rows > 0 ? nowMs - open.firstCommitAtMs : 0
    metrics.set('openSegmentAge', sinceMs / 1000, table)
  }
}

function setWatermarks(metrics: Metrics, watermarks: ReadonlyMap<string, number>): void {
  metrics.clear('watermark')
  for (const [tenant, unixMs] of watermarks) metrics.set('watermark', unixMs / 1000, tenant)
}

const QUANTILES = [50, 99, 100] as const
const LOOP_RESOLUTION_MS = 10

function registerProcess(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  delay.enable()
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage()
    metrics.set('residentBytes', process.memoryUsage.rss())
    metrics.set('cpuSeconds', (user + system) / 1e6)
    for (const quantile of QUANTILES) {
      const seconds = delay.count === 0 ? 0 : delay.percentile(quantile) / 1e9
      metrics.set('loopDelay', seconds, String(quantile / 100))
    }
    delay.reset()
  })
}
