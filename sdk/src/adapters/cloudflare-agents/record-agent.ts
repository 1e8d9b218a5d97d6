import type { Sandglass, TaskSpec } from '../../index.ts'
import { read, readText } from '../../operations/read.ts'
import { disguise } from '../../wrap/overlay.ts'
import { runAsTool } from '../mcp/run-as-tool.ts'

/** What reached an Agent. */
export type AgentWork =
  | { readonly kind: 'request'; readonly request: unknown }
  | {
      readonly kind: 'message'
      readonly message: unknown
      /** What the message says it is, e.g. `cf_agent_use_chat_request`, `rpc`, or a type of your own. */
      readonly type: string | undefined
    }
  | { readonly kind: 'email'; readonly email: unknown }

/** Whose work reaches an Agent. */
export interface RecordAgentOptions {
  /** The task that this work is; undefined for none, e.g. for messages that only synchronize state. */
  readonly task: (work: AgentWork) => TaskSpec | undefined
}

type Call = (...args: unknown[]) => unknown

/** Handlers of an Agent, and what each is given. */
const HANDLERS: Readonly<Record<string, (args: readonly unknown[]) => AgentWork>> = {
  onRequest: ([request]) => ({ kind: 'request', request }),
  onMessage: ([, message]) => ({ kind: 'message', message, type: typeOf(message) }),
  onEmail: ([email]) => ({ kind: 'email', email }),
}

function typeOf(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined
  try {
    return readText(JSON.parse(message), 'type')
  } catch {
    return undefined
  }
}

/** Puts a wrapper in the place of a method of this very object. */
function replace(target: object, name: string, wrap: (method: Call) => Call): void {
  const method: unknown = Reflect.get(target, name)
  if (typeof method !== 'function') return
  const call: Call = (...args) => Reflect.apply(method, target, args)
  Reflect.defineProperty(target, name, {
    value: disguise(wrap(call), method),
    configurable: true,
    writable: true,
  })
}

/**
 * Call it in the constructor of an Agent, after `super(ctx, env)`: requests, messages and mails become tasks, and tools
 * of the Agent's MCP servers become tool calls. Methods that clients and schedules call: see {@link agentTask}.
 */
export function recordAgent(sandglass: Sandglass, agent: object, { task }: RecordAgentOptions): void {
  for (const [name, workOf] of Object.entries(HANDLERS)) {
    replace(agent, name, (handle) => (...args) => {
      const spec = task(workOf(args))
      return spec === undefined ? handle(...args) : sandglass.task(spec, () => handle(...args))
    })
  }
  const mcp = read(agent, 'mcp')
  if (typeof mcp !== 'object' || mcp === null) return
  replace(mcp, 'callTool', (callTool) => (...args) => {
    const name = readText(args[0], 'name') ?? 'unknown'
    const given = read(args[0], 'arguments')
    return runAsTool(sandglass, { name, args: given, type: 'extension' }, () => callTool(...args))
  })
}
