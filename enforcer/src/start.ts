/** Starts an enforcer in this process. */
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import type { EnforcerConfig } from '@sandglass/schemas/config/enforcer'
import { assemble, type Assembly } from './assemble.ts'
import { nodePorts, type EnforcerPorts } from './ports.ts'
import { startStatusServer } from './status-server.ts'

/** A running enforcer. */
export interface Enforcer {
  /** Base URL of /health and /metrics. */
  readonly url: string
  /** Instance name and the id of this start: the name of its chain of decisions. */
  readonly enforcerId: string
  /** Puts another document in force from the next tick on. */
  setBudgets(document: BudgetDocument): void
  /** Ends the tick under way, stores what it recorded, and stops. Actions under way are taken up by the next enforcer. */
  stop(): Promise<void>
}

/** Ticks without one having ended after which /health says stalled, and the least time for it. */
const STALLED_TICKS = 30
const STALLED_MS_MIN = 30_000
/** Time that actions and records under way have at the end. */
const STOP_MS_MAX = 5000

/** Rejects when the status address cannot be had. Everything else is tried again for as long as it runs. */
export async function startEnforcer(
  config: EnforcerConfig,
  ports: Partial<EnforcerPorts> = {},
): Promise<Enforcer> {
  const all: EnforcerPorts = { ...nodePorts, ...ports }
  const assembly = assemble(config, all)
  const status = await startStatusServer({
    ...config.listen,
    telemetry: assembly.telemetry,
    now: all.now,
    tickAgeMsMax: Math.max(STALLED_MS_MIN, STALLED_TICKS * config.tickMs),
  })
  const stopping = new AbortController()
  const running = run(assembly, config.tickMs, all, stopping.signal)
  return {
    url: status.url,
    get enforcerId() {
      return assembly.enforcerId
    },
    setBudgets: assembly.setBudgets,
    async stop() {
      stopping.abort()
      await running
      await Promise.race([assembly.settled(), all.sleep(STOP_MS_MAX, new AbortController().signal)])
      await status.close()
      await assembly.close()
    },
  }
}

async function run(
  assembly: Assembly,
  tickMs: number,
  { now, sleep }: EnforcerPorts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const startedMs = now()
    await assembly.tick()
    const tookMs = Math.max(0, now() - startedMs)
    await sleep(Math.max(0, tickMs - tookMs), signal)
  }
}
