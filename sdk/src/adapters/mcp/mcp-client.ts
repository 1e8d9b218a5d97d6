import { lineageOf } from '../../lineage/index.ts'
import type { Sandglass } from '../../index.ts'
import { read, readText } from '../../operations/read.ts'
import { disguise, overlay } from '../../wrap/overlay.ts'
import { writeMetadata } from './metadata.ts'
import { runAsTool } from './run-as-tool.ts'

/** What a client sends along with its tool calls. */
export interface McpClientOptions {
  /**
   * Sends the whole context along, ids of task, team and prompt among it, so that a server of yours goes on in it.
   * Without it only the W3C trace parent is sent.
   */
  readonly sendContext?: boolean | undefined
}

/** Adds to a request's `_meta`; what the caller put there stays. Undefined for what is no request. */
function withMetadata(params: unknown, more: Record<string, string>): object | undefined {
  if (typeof params !== 'object' || params === null) return undefined
  return { ...params, _meta: { ...more, ...Object(read(params, '_meta')) } }
}

/**
 * An MCP client in every respect, whose `callTool` is a tool call of the current task. Where a framework tells of the
 * call already, as a tool of the same name, no second one is made.
 */
export function mcpClient<C extends object>(
  sandglass: Sandglass,
  client: C,
  { sendContext = false }: McpClientOptions = {},
): C {
  const lineage = lineageOf(sandglass)
  const method: unknown = Reflect.get(client, 'callTool')
  if (typeof method !== 'function') return client

  function send(params: unknown, rest: readonly unknown[]): unknown {
    const context = sendContext ? sandglass.serializeContext() : undefined
    const traced = withMetadata(params, writeMetadata({ traceparent: lineage.traceparent(), context }))
    return Reflect.apply(Object(method), client, [traced ?? params, ...rest])
  }

  const callTool = disguise((params: unknown, ...rest: unknown[]): Promise<unknown> => {
    const name = readText(params, 'name') ?? 'unknown'
    const args = read(params, 'arguments')
    return runAsTool(sandglass, { name, args, type: 'extension' }, () => send(params, rest))
  }, method)
  return overlay(client, { callTool: () => callTool })
}
