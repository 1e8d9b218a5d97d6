/** Everything real on one machine: ClickHouse, collector, workerd with the governor, and as many enforcers as asked for. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCollector } from '@sandglass/collector'
import { collectorConfigSchema } from '@sandglass/schemas/config/collector'
import { enforcerConfigSchema } from '@sandglass/schemas/config/enforcer'
import { attr, event } from '@sandglass/schemas/semconv'
import { startTestStore, type TestStore } from '@sandglass/schemas/testing/store'
import { SECRET, startTestWorker, type TestWorker } from '@sandglass/sdk/governor/testing'
import { encodeLogs, type OtlpEvent } from '../record/otlp.ts'
import { createSendLogs } from '../record/send.ts'
import { startEnforcer, type Enforcer } from '../start.ts'
import { contextOf, type Work } from './seed.ts'

export interface Stage {
  readonly store: TestStore
  readonly worker: TestWorker
  /** Stores events through the collector. */
  send(events: readonly OtlpEvent[]): Promise<void>
  enforcer(budgets: object, over?: object): Promise<Enforcer>
  stop(): Promise<void>
}

export async function startStage(): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sandglass-stage-'))
  const [store, worker] = await Promise.all([startTestStore(), startTestWorker()])
  const { writeUrl: url, username, password } = store.embedded
  const clickhouse = { url, username, password }
  const collector = await startCollector(
    collectorConfigSchema.parse({ dataDir, clickhouse, listen: { port: 0 }, stopMsMax: 5000 }),
    { log: () => undefined },
  )
  const send = createSendLogs({ url: collector.url, token: '', sendMsMax: 5000 })
  const enforcers: Enforcer[] = []
  return {
    store,
    worker,
    async send(events) {
      const sent = await send(encodeLogs({ [attr.serviceName]: 'test' }, events))
      if (sent.outcome !== 'stored') throw new Error(sent.cause)
    },
    async enforcer(budgets, over = {}) {
      const config = enforcerConfigSchema.parse({
        budgets,
        clickhouse,
        collector: { url: collector.url },
        governor: { url: worker.url.href, secret: SECRET },
        tickMs: 500,
        ...over,
      })
      const enforcer = await startEnforcer(config, { log: () => undefined })
      enforcers.push(enforcer)
      return enforcer
    },
    async stop() {
      await Promise.all(enforcers.map(async (enforcer) => enforcer.stop()))
      await collector.stop('test')
      await Promise.all([worker.stop(), store.stop()])
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

let sequence = 0

const lifecycle = (work: Work, state: string): OtlpEvent => ({
  name: event.lifecycleChanged,
  timeMs: Date.now(),
  attributes: { ...contextOf(work), [attr.lifecycleState]: state, [attr.sandboxGeneration]: 1 },
})

export const started = (work: Work): OtlpEvent => lifecycle(work, 'started')
export const stopped = (work: Work): OtlpEvent => lifecycle(work, 'suspended')

/** `cpuS` vCPU seconds used in the last second. */
export function used(work: Work, cpuS: number): OtlpEvent {
  const nowMs = Date.now()
  return {
    name: event.usageMeasured,
    timeMs: nowMs,
    attributes: {
      ...contextOf(work),
      [attr.sandboxGeneration]: 1,
      [attr.usageSequence]: ++sequence,
      [attr.usageStart]: nowMs - 1000,
      [attr.usageEnd]: nowMs,
      [attr.usageQuality]: 'measured',
      [attr.cpuTime]: cpuS,
      [attr.instanceType]: 'standard-1',
      [attr.usageTaskIds]: [work.task ?? 't1'],
    },
  }
}
