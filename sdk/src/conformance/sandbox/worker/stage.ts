import type { ExecutionSession, Process, Sandbox } from '@cloudflare/sandbox'

/** A method of something, as it was called. */
export type CallLog = string[]

export interface Stage {
  readonly sandbox: Sandbox
  /** The name it was asked for by. */
  readonly name: string
  readonly log: CallLog
}

/** Uses one part of the API and says everything that could be seen of it. */
export type Scenario = (stage: Stage) => Promise<unknown>

/** Writes down which methods of `target` are called; each call is a member call of `target` itself. */
export function logged<T extends object>(kind: string, target: T, log: CallLog): T {
  return new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof property !== 'string' || typeof value !== 'function' || property === 'then') return value
      return (...args: unknown[]): unknown => {
        log.push(`${kind}.${property}`)
        const methods = target as Record<string, (...args: unknown[]) => unknown>
        return methods[property]?.(...args)
      }
    },
  })
}

export const session = (stage: Stage, value: ExecutionSession): ExecutionSession =>
  logged('session', value, stage.log)

export const process = (stage: Stage, value: Process): Process => logged('process', value, stage.log)

/** Calls a method with whatever arguments, right or wrong, and of whatever type they say it has. */
export function call(target: object, method: string, ...args: readonly unknown[]): unknown {
  const methods = target as Record<string, (...args: readonly unknown[]) => unknown>
  return methods[method]?.(...args)
}

export const textOf = (stream: ReadableStream): Promise<string> => new Response(stream).text()
