import type { Sandglass, TaskSpec } from '../../index.ts'
import { read } from '../../operations/read.ts'
import { disguise, overlay } from '../../wrap/overlay.ts'
import { readMetadata } from './metadata.ts'
import { runAsTool } from './run-as-tool.ts'

/** A tool call that reached a server. */
export interface McpCall {
  readonly tool: string
  /** What the server knows of the request: session, authentication, `_meta`. */
  readonly extra: unknown
}

/** Whose work a server's tool calls are. */
export interface McpServerOptions {
  /** The task that a call is, when its client sent none that is trusted; undefined for none. */
  readonly task?: ((call: McpCall) => TaskSpec | undefined) | undefined
  /** Goes on in the context that a client sent. Only for clients of your own: it says whose work this is. */
  readonly trustContext?: boolean | undefined
}

type Handler = (...args: unknown[]) => unknown

/** An MCP server in every respect; the tools registered on it are tool calls. Register them on what this returns. */
export function mcpServer<S extends object>(
  sandglass: Sandglass,
  server: S,
  { task, trustContext = false }: McpServerOptions = {},
): S {
  function inTask(call: McpCall, run: () => Promise<unknown>): Promise<unknown> {
    const { traceparent, context } = readMetadata(read(call.extra, '_meta'))
    if (trustContext && context !== undefined) return sandglass.withContext(context, run)
    const spec = sandglass.currentTask() === undefined ? task?.(call) : undefined
    return spec === undefined ? run() : sandglass.task({ traceparent, ...spec }, run)
  }

  /** A handler takes what the tool is given, when it takes any, and then what is known of the request. */
  const record = (tool: string, handler: Handler): Handler =>
    disguise((...given: unknown[]): Promise<unknown> => {
      const [args, extra] = given.length > 1 ? [given[0], given.at(-1)] : [undefined, given[0]]
      return inTask({ tool, extra }, () =>
        runAsTool(sandglass, { name: tool, args, type: 'function' }, () => handler(...given)),
      )
    }, handler)

  function registering(name: 'registerTool' | 'tool'): ((target: S) => unknown) | undefined {
    const method: unknown = Reflect.get(server, name)
    if (typeof method !== 'function') return undefined
    const register = disguise((...args: unknown[]): unknown => {
      const [tool] = args
      const handler = args.at(-1)
      const isKnown = typeof tool === 'string' && typeof handler === 'function'
      const recorded = isKnown ? [...args.slice(0, -1), record(tool, handler as Handler)] : args
      return Reflect.apply(method, server, recorded)
    }, method)
    return () => register
  }

  return overlay(server, shownOf({ registerTool: registering('registerTool'), tool: registering('tool') }))
}

type Shown<S> = Record<string, (target: S) => unknown>

/** Without the methods that this server does not have. */
const shownOf = <S>(methods: Record<string, ((target: S) => unknown) | undefined>): Shown<S> =>
  Object.fromEntries(
    Object.entries(methods).flatMap(([name, show]) => (show === undefined ? [] : [[name, show]])),
  )
