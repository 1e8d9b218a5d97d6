import { randomBytes, randomUUID } from 'node:crypto'

import { startContainerEngine } from '@sandglass/container-engine'
import type { ContainerEngine, ContainerStatus } from '@sandglass/container-engine'
import { Miniflare } from 'miniflare'
import type { MiniflareOptions } from 'miniflare'

import { bundleWorker } from './bundle.ts'
import { postJson } from './post-json.ts'

export const agentNames = ['code-fix', 'transform', 'untrusted-prompt', 'burn'] as const
export type AgentName = (typeof agentNames)[number]

export interface AgentWorkerOptions {
  /** Base URL of the collector's OTLP/HTTP receiver. */
  readonly otlpEndpoint: string
  readonly otlpToken?: string
  /** Shared with the enforcer: at least 32 characters. */
  readonly governorSecret: string
  /** Of the Worker on the loopback interface; a free one by default. */
  readonly port?: number
  /** Milliseconds between usage intervals of a sandbox; 1000 by default. */
  readonly meterIntervalMs?: number
  /** Gets one line for each request to the container engine. */
  readonly log?: (line: string) => void
}

export interface RunOptions {
  /** Made when absent. */
  readonly taskId?: string
  /** The sandbox to work in; one of the task's own by default. */
  readonly sandboxName?: string
  readonly attempt?: number
  readonly retryOf?: string
  /** Seconds after which `burn` gives up by itself; 60 by default. */
  readonly burnSecondsMax?: number
  /** Milliseconds the override of `untrusted-prompt` lives; 1500 by default. */
  readonly overrideLifeMs?: number
}

export interface AgentRunResult {
  readonly taskId: string
  readonly sandboxName: string
  /** Id of the sandbox's Durable Object: `sandbox.id` in telemetry. */
  readonly sandboxId: string
  /** `refused` when a budget did not let it begin, or its sandbox was busy. */
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'suspended' | 'lost' | 'refused'
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/** What the sandboxes' instruments counted together. */
export interface SentTelemetry {
  /** Spans in answers with status 200, less those that the answers rejected. */
  readonly spansAcked: number
  readonly spansEnded: number
  readonly spansDropped: number
  readonly eventsAcked: number
  readonly eventsRecorded: number
  readonly eventsDropped: number
  /** Waiting to be sent. */
  readonly pending: number
  readonly internalErrors: number
}

export interface AgentWorker {
  /** Base URL of the Worker: tasks API, and the governor's API under its path. */
  readonly url: string
  /** Resolves when the task has ended. @throws when the Worker refuses the request. */
  runAgent(name: AgentName, options?: RunOptions): Promise<AgentRunResult>
  /** Ends the meters of all sandboxes used so far and sends what is left; then nothing more is recorded. */
  drain(): Promise<SentTelemetry>
  containers(): ContainerStatus[]
  /** The secrets that agents may ask for, by name: to check that no telemetry ever holds their values. */
  readonly secrets: Readonly<Record<'PROD_DEPLOY_KEY' | 'REGISTRY_TOKEN', string>>
  /** Ends workerd, every container and every process. */
  stop(): Promise<void>
}

/**
 * Bundles the Worker and runs it on a real workerd, with sandboxes of a local container engine that isolates nothing.
 * @throws when the Worker does not compile, or the port is taken.
 */
export async function startAgentWorker(options: AgentWorkerOptions): Promise<AgentWorker> {
  const script = await bundleWorker()
  const engine = await startContainerEngine(options.log === undefined ? {} : { log: options.log })
  const secrets = { PROD_DEPLOY_KEY: randomSecret(), REGISTRY_TOKEN: randomSecret() }
  const miniflare = new Miniflare(miniflareOptions(script, engine, options, secrets))
  const url = await miniflare.ready.catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  const sandboxes = new Set<string>()
  return {
    url: url.href,
    async runAgent(agent, { taskId = randomUUID(), sandboxName = taskId, ...rest } = {}) {
      sandboxes.add(sandboxName)
      const { attempt, retryOf, ...agentOptions } = rest
      const body = { agent, taskId, sandboxName, attempt, retryOf, options: agentOptions }
      const result = await postJson<Omit<AgentRunResult, 'sandboxName'>>(new URL('/tasks', url), body)
      return { ...result, sandboxName }
    },
    async drain() {
      const close = (name: string) => postJson<SentTelemetry>(new URL(`/sandboxes/${name}/close`, url), {})
      return sumOf(await Promise.all([...sandboxes].map(close)))
    },
    containers: () => engine.containers(),
    secrets,
    async stop() {
      await miniflare.dispose()
      await engine.stop()
    },
  }
}

function randomSecret(): string {
  return randomBytes(32).toString('hex')
}

function miniflareOptions(
  script: string,
  engine: ContainerEngine,
  options: AgentWorkerOptions,
  secrets: AgentWorker['secrets'],
): MiniflareOptions {
  return {
    modules: true,
    script,
    host: '127.0.0.1',
    port: options.port ?? 0,
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    containerEngine: {
      localDocker: { socketPath: engine.socketPath, containerEgressInterceptorImage: 'egress' },
    },
    durableObjects: {
      // An evicted object would take its container and the counts of its instrument with it.
      SANDBOX: {
        className: 'AgentSandbox',
        useSQLite: true,
        container: { imageName: 'agent' },
        unsafePreventEviction: true,
      },
      SCOPES: { className: 'SandglassScope', useSQLite: true },
    },
    bindings: {
      OTLP_ENDPOINT: options.otlpEndpoint,
      OTLP_TOKEN: options.otlpToken ?? '',
      GOVERNOR_SECRET: options.governorSecret,
      PROMPT_HASH_KEY: randomSecret(),
      METER_INTERVAL_MS: String(options.meterIntervalMs ?? 1000),
      ...secrets,
    },
  }
}

const NOTHING: SentTelemetry = {
  spansAcked: 0,
  spansEnded: 0,
  spansDropped: 0,
  eventsAcked: 0,
  eventsRecorded: 0,
  eventsDropped: 0,
  pending: 0,
  internalErrors: 0,
}

function sumOf(parts: readonly SentTelemetry[]): SentTelemetry {
  return parts.reduce(
    (sum, part) => ({
      spansAcked: sum.spansAcked + part.spansAcked,
      spansEnded: sum.spansEnded + part.spansEnded,
      spansDropped: sum.spansDropped + part.spansDropped,
      eventsAcked: sum.eventsAcked + part.eventsAcked,
      eventsRecorded: sum.eventsRecorded + part.eventsRecorded,
      eventsDropped: sum.eventsDropped + part.eventsDropped,
      pending: sum.pending + part.pending,
      internalErrors: sum.internalErrors + part.internalErrors,
    }),
    NOTHING,
  )
}
