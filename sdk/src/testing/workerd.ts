import { mkdtempSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { sandboxServer, startContainerEngine, type ContainerEngine } from '@sandglass/container-engine'
import { build as bundleWith, type Plugin } from 'esbuild'
import { Miniflare } from 'miniflare'

/** A Worker on a real workerd whose Durable Object `Box` has a container of the local engine. */
export interface TestWorkerd {
  readonly engine: ContainerEngine
  /** Posts JSON and parses the JSON that comes back. */
  ask(path: string, body?: unknown): Promise<unknown>
  stop(): Promise<void>
}

const BUILTIN = new RegExp(`^(?:${builtinModules.filter((name) => !name.includes(':')).join('|')})$`)

/** What old packages `require` without its prefix, as a module of the runtime. */
const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: BUILTIN }, ({ path }) => ({ path, namespace: 'builtin' }))
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `export * from 'node:${path}'; export { default } from 'node:${path}'`,
    }))
  },
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await bundleWith({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    keepNames: true,
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
    plugins: [builtins],
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

/** Classes of 0.12 sandboxes by their binding: their containers speak the package's protocol. */
type SandboxClasses = Readonly<Record<string, string>>

/** The package logs every operation. */
function silence(stdout: Readable, stderr: Readable): void {
  stdout.resume()
  stderr.resume()
}

const sandboxOf = (className: string) => ({
  className,
  useSQLite: true,
  container: { imageName: 'sandbox' },
})

export async function startTestWorkerd(
  entry: string,
  bindings: Readonly<Record<string, string>>,
  classes: SandboxClasses = {},
): Promise<TestWorkerd> {
  const script = await bundle(entry)
  const engine = await startContainerEngine({ images: { sandbox: { entrypoint: sandboxServer } } })
  const persist = mkdtempSync(join(tmpdir(), 'sandglass-sdk-'))
  const miniflare = new Miniflare({
    modules: true,
    script,
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat', 'experimental'],
    bindings: { ...bindings },
    containerEngine: {
      localDocker: { socketPath: engine.socketPath, containerEgressInterceptorImage: 'egress' },
    },
    defaultPersistRoot: persist,
    ...(Object.keys(classes).length === 0 ? {} : { handleRuntimeStdio: silence }),
    durableObjects: {
      BOX: { className: 'Box', useSQLite: true, container: { imageName: 'any' } },
      ...Object.fromEntries(Object.entries(classes).map(([name, className]) => [name, sandboxOf(className)])),
    },
    r2Buckets: ['BACKUP_BUCKET'],
  })
  const stop = async (): Promise<void> => {
    await miniflare.dispose()
    await engine.stop()
    rmSync(persist, { recursive: true, force: true })
  }
  const url = await miniflare.ready.catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    engine,
    stop,
    async ask(path, body) {
      const response = await fetch(new URL(path, url), { method: 'POST', body: JSON.stringify(body ?? {}) })
      const text = await response.text()
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
      return JSON.parse(text)
    },
  }
}
