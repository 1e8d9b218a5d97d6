import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const BYTES_PER_KB = 1_000

const USES_SDK = `
import { createSandglass } from '@sandglass/sdk'
export default { fetch: () => Response.json(createSandglass({ serviceName: 's', endpoint: 'e' }).container({}, {})) }
`

/** Minified and gzipped, as it is deployed: what the SDK adds to a Worker. */
export async function bundleGzipKb(): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: USES_SDK, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length / BYTES_PER_KB
}
