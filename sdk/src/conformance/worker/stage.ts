import { describe } from './describe.ts'
import type { DirectoryBackup, Files, S3Mount } from './shapes.ts'

export interface Stage {
  readonly container: Container
  /** The helpers of 1.x on it. */
  readonly helpers: { readonly files: Files; readonly backup: DirectoryBackup; readonly mount: S3Mount }
  /** Something that answers requests, to send egress to. */
  readonly fetcher: Fetcher
  /** A port to listen on. */
  readonly port: number
}

/** Uses one part of the API and says everything that could be seen of it. */
export type Scenario = (stage: Stage) => Promise<unknown>

export const sh = (script: string): string[] => ['sh', '-c', script]

export async function started({ container }: Stage): Promise<Container> {
  container.start({ entrypoint: ['sleep', '600'], enableInternet: false })
  return container
}

export async function textOf(stream: ReadableStream | null): Promise<string> {
  return stream === null ? 'null' : new Response(stream).text()
}

export async function run(
  container: Container,
  command: string[],
  options?: ContainerExecOptions,
): Promise<unknown> {
  const process = await container.exec(command, options)
  return describe(await process.output())
}

export async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return bytes
    bytes += value.byteLength
  }
}

/** Calls a method with whatever arguments, right or wrong. */
export function call(target: object, method: string, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), target, args)
}

/** Calls a method that was taken off its object. */
export function callTorn(target: object, method: string, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), undefined, args)
}

/** What has not settled by then never does, also on a busy machine. */
const SOON_MS = 5_000

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What a promise settles as, or that it does not for a while. */
export const soon = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise, pause(SOON_MS).then(() => 'pending')])
