import type { AgentSandbox } from './agent-sandbox.ts'

/** Bindings and variables of the Worker. */
export interface Env {
  readonly SANDBOX: DurableObjectNamespace<AgentSandbox>
  /** Namespace of the governor's class SandglassScope. */
  readonly SCOPES: DurableObjectNamespace
  /** Base URL of the collector. */
  readonly OTLP_ENDPOINT: string
  /** Bearer token for it; empty when it asks for none. */
  readonly OTLP_TOKEN: string
  /** Shared with the enforcer, at least 32 characters. */
  readonly GOVERNOR_SECRET: string
  readonly PROMPT_HASH_KEY: string
  /** Milliseconds between usage intervals. */
  readonly METER_INTERVAL_MS: string
  /** What an untrusted task must never get. */
  readonly PROD_DEPLOY_KEY: string
  /** What it may have: read access to the package registry. */
  readonly REGISTRY_TOKEN: string
}
