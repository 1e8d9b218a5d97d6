import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'

const ENTRY = fileURLToPath(new URL('worker/index.ts', import.meta.url))

/** The Worker as one module. @throws when it does not compile. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    keepNames: true,
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}
