import { fileURLToPath } from 'node:url'

/**
 * Entrypoint of an image that answers the container protocol of `@cloudflare/sandbox` 0.12:
 * `startContainerEngine({ images: { sandbox: { entrypoint: sandboxServer } } })`.
 */
export const sandboxServer: readonly [string, ...string[]] = [
  process.execPath,
  '--no-warnings',
  fileURLToPath(new URL('main.ts', import.meta.url)),
  '/workspace',
]
