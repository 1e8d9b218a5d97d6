/** Builds otelcol with the ClickHouse exporter out of the Go module proxy, once, into the user's cache directory. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.149.0'
const MANIFEST = join(import.meta.dirname, 'manifest.yaml')
const NAME = 'otelcol-peer'

/** Time for a download and a compilation, ms. */
const BUILD_MS_MAX = 15 * 60_000

const WITHOUT_GO =
  'bench:peer builds the OpenTelemetry Collector from source and needs Go 1.25 or later: install it from https://go.dev/dl/ and have `go` in the PATH'

/** Path of the program. `onBuild` is called when it is not there yet. Throws when it cannot be built, with what to do. */
export async function buildOtelcol(onBuild: () => void): Promise<string> {
  const manifest = await readFile(MANIFEST, 'utf8')
  const digest = createHash('sha256').update(manifest).digest('hex').slice(0, 16)
  const directory = join(cacheDirectory(), 'sandglass', `otelcol-${digest}`)
  const program = join(directory, NAME)
  if (existsSync(program)) return program
  await requireGo()
  onBuild()
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'manifest.yaml'), manifest)
  await run('go', ['install', BUILDER], directory)
  await run(join(directory, 'builder'), ['--skip-strict-versioning', '--config', 'manifest.yaml'], directory)
  // Only a finished program ever has the name that is looked for.
  await rename(join(directory, 'dist', NAME), program)
  return program
}

const cacheDirectory = (): string => process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')

async function requireGo(): Promise<void> {
  try {
    await promisify(execFile)('go', ['version'])
  } catch (cause) {
    throw new Error(WITHOUT_GO, { cause })
  }
}

async function run(command: string, args: readonly string[], directory: string): Promise<void> {
  const options = { cwd: directory, timeout: BUILD_MS_MAX, env: { ...process.env, GOBIN: directory } }
  await promisify(execFile)(command, [...args], { ...options, maxBuffer: 64 * 1024 * 1024 })
}
