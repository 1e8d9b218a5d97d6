/** Seeds a test store with what collectors would have stored. */
import { openPriceBook } from '@sandglass/schemas/price-book'
import { attr, event } from '@sandglass/schemas/semconv'
import { logRow, type Row } from '@sandglass/schemas/testing/rows'
import type { TestStore } from '@sandglass/schemas/testing/store'

const book = openPriceBook()
let tokens = 0

export interface Work {
  readonly team: string
  readonly task?: string
  readonly sandbox?: string
  readonly user?: string
  readonly tier?: 'A' | 'B' | 'C'
}

export const contextOf = ({ team, task = 't1', sandbox = 's1', user = 'u1', tier = 'B' }: Work) => ({
  [attr.teamId]: team,
  [attr.taskId]: task,
  [attr.sandboxId]: sandbox,
  [attr.userId]: user,
  [attr.tier]: tier,
  [attr.taskClass]: 'code_fix',
  [attr.agentName]: 'fixer',
})

let sequence = 0

/** `cpuS` vCPU seconds used in the second before `timeMs`. */
export function usage(work: Work, cpuS: number, timeMs: number): Row {
  const attributes = {
    ...contextOf(work),
    [attr.sandboxGeneration]: 1,
    [attr.usageSequence]: ++sequence,
    [attr.usageStart]: timeMs - 1000,
    [attr.usageEnd]: timeMs,
    [attr.usageQuality]: 'measured',
    [attr.cpuTime]: cpuS,
    [attr.memoryTime]: 0,
    [attr.diskTime]: 0,
    [attr.egressSize]: 2_000_000_000,
    [attr.usageTaskIds]: [work.task ?? 't1'],
    [attr.usageTaskCpuTimes]: [cpuS],
    [attr.instanceType]: 'standard-1',
  }
  return logRow({ name: event.usageMeasured, timeMs, attributes }, book)
}

export function started(work: Work, timeMs: number): Row {
  return logRow({ name: event.taskStarted, timeMs, attributes: contextOf(work) }, book)
}

export function running(work: Work, timeMs: number): Row {
  const attributes = { ...contextOf(work), [attr.lifecycleState]: 'started', [attr.sandboxGeneration]: 1 }
  return logRow({ name: event.lifecycleChanged, timeMs, attributes }, book)
}

export function answered(work: Work, inputTokens: number, outputTokens: number, timeMs: number): Row {
  const attributes = {
    ...contextOf(work),
    [attr.requestModel]: 'opus-5',
    [attr.responseId]: `resp_${++sequence}`,
    [attr.inputTokens]: inputTokens,
    [attr.outputTokens]: outputTokens,
    [attr.chargeSource]: 'provider',
  }
  return logRow({ name: event.inferenceMeasured, timeMs, attributes }, book)
}

export async function seed(store: TestStore, rows: readonly Row[]): Promise<void> {
  await store.insert('otel_logs', rows, `seed-${++tokens}`)
}

/** Everything acknowledged before `timeMs` is queryable. */
export async function setWatermark(store: TestStore, timeMs: number): Promise<void> {
  await store.client.insert({
    table: 'watermarks',
    values: [
      {
        collector_id: 'c1',
        worker: 0,
        tenant_id: '*',
        watermark: new Date(timeMs).toISOString().replace('Z', ''),
      },
    ],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
}
