/** Builds the control loop from its configuration: the one place where its parts meet. */
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import { budgetsSchema } from '@sandglass/schemas/budgets'
import type { EnforcerConfig } from '@sandglass/schemas/config/enforcer'
import { attr } from '@sandglass/schemas/semconv'
import { createGovernorClient, type GovernorClient } from './actions/governor-client.ts'
import { createWebhookNotify } from './actions/notify.ts'
import { createRunner, type Runner } from './actions/runner.ts'
import { tick, type LoopParts } from './control-loop.ts'
import { createAnnouncer } from './announce.ts'
import { createMemory, type Memory } from './memory.ts'
import { createReader } from './observe/reader.ts'
import { createSpendReader } from './observe/spend.ts'
import type { EnforcerPorts } from './ports.ts'
import { createDecisionLog, type DecisionLog } from './record/decision-log.ts'
import { createRecorder, type Recorder } from './record/recorder.ts'
import { createSendLogs } from './record/send.ts'
import { rulesOf, type Rule } from './rules.ts'
import { createEffects, type Effects } from './side-effects.ts'
import { createTelemetry, type Telemetry } from './telemetry.ts'

export interface Assembly {
  /** One turn of the loop. Throws only on a programming error. */
  readonly tick: () => Promise<void>
  /** Puts another document in force from the next tick on. */
  readonly setBudgets: (document: BudgetDocument) => void
  readonly enforcerId: string
  readonly telemetry: Telemetry
  /** Resolves when no action, notification or record is under way. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

const SERVICE_NAME = 'sandglass-enforcer'

export function assemble(config: EnforcerConfig, ports: EnforcerPorts): Assembly {
  const telemetry = createTelemetry()
  const memory = createMemory()
  const recorder = createRecorder(
    { [attr.serviceName]: SERVICE_NAME },
    createSendLogs({ ...config.collector, fetch: ports.fetch }),
    ports.now,
  )
  const decisions = createDecisionLog(config.instance, recorder)
  const effects = effectsOf(config, ports, { telemetry, recorder, decisions })
  const governor = governorOf(config, ports)
  const runner = governor === undefined ? undefined : runnerOf(config, ports, governor, effects, memory)
  const client = clientOf(config)
  let budgets = inForce(config.budgets ?? budgetsSchema.parse({ version: 1 }))
  const reader = createReader(client, config.tenantId)
  const announce = createAnnouncer({ reader, recorder, decisions, ...ports })
  const parts: LoopParts = {
    tenantId: config.tenantId,
    budgets: () => budgets,
    sights: {
      reader,
      readSpend: createSpendReader(client, config.tenantId),
      list: governor?.list,
      memory,
      now: ports.now,
    },
    last: { watermarkMs: null, sandboxes: [], overrides: [], standingsReadMs: 0, startedMs: ports.now() },
    decisions,
    runner,
    onDecided: effects.onDecided,
    onObserved: effects.onObserved,
    telemetry,
    log: ports.log,
  }
  return {
    tick: async () => {
      await announce(budgets.document)
      await timed(parts, recorder, ports)
    },
    setBudgets: (document) => void (budgets = inForce(document)),
    get enforcerId() {
      return decisions.enforcerId
    },
    telemetry,
    settled: async () => {
      await runner?.idle()
      await effects.settled()
    },
    close: async () => {
      await effects.settled()
      await client.close()
    },
  }
}

function inForce(document: BudgetDocument): {
  readonly document: BudgetDocument
  readonly rules: readonly Rule[]
} {
  return { document, rules: rulesOf(document) }
}

function clientOf({ clickhouse }: EnforcerConfig) {
  const { url, username, password, database, queryMsMax } = clickhouse
  return createClient({
    url,
    username,
    password,
    database,
    request_timeout: queryMsMax,
    application: SERVICE_NAME,
    // What cannot be read is logged once, by the loop.
    log: { level: ClickHouseLogLevel.OFF },
  })
}

function governorOf({ governor }: EnforcerConfig, ports: EnforcerPorts): GovernorClient | undefined {
  return governor === undefined
    ? undefined
    : createGovernorClient({ ...governor, now: ports.now, fetch: ports.fetch })
}

function effectsOf(
  config: EnforcerConfig,
  ports: EnforcerPorts,
  parts: { readonly telemetry: Telemetry; readonly recorder: Recorder; readonly decisions: DecisionLog },
): Effects {
  const { notify, tenantId } = config
  return createEffects({
    ...parts,
    tenantId,
    notify: notify === undefined ? undefined : createWebhookNotify(notify.webhookUrl, ports.fetch),
    log: ports.log,
    now: ports.now,
  })
}

function runnerOf(
  config: EnforcerConfig,
  ports: EnforcerPorts,
  client: GovernorClient,
  effects: Effects,
  memory: Memory,
): Runner {
  return createRunner({
    client,
    callsMax: config.governor?.callsMax ?? 1,
    now: ports.now,
    onOutcome: effects.onOutcome,
    onStale: (ruling, episode) => memory.raise(ruling.subject, episode),
  })
}

async function timed(parts: LoopParts, recorder: Recorder, { now }: EnforcerPorts): Promise<void> {
  const { telemetry } = parts
  const startedMs = now()
  try {
    await tick(parts)
    telemetry.add('sandglass_enforcer_ticks_total', { result: 'ok' })
  } catch (error) {
    telemetry.add('sandglass_enforcer_ticks_total', { result: 'failed' })
    parts.log('error', 'a tick failed', { cause: error instanceof Error ? error.stack : String(error) })
  }
  telemetry.set('sandglass_enforcer_tick_seconds', (now() - startedMs) / 1000)
  telemetry.set('sandglass_enforcer_last_tick_timestamp_seconds', now() / 1000)
  telemetry.set('sandglass_enforcer_record_pending', recorder.waiting)
}
