/** Exporters of other languages: how each is installed into a directory of its own, and how it is run. */
import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Client {
  readonly name: string
  /** Answers when the runtime is there. */
  readonly needs: Command
  /** Run in an empty directory, in order; they download from the language's package registry. */
  readonly install: (directory: string) => Promise<void>
  /** Exports `traces` traces of two spans each. */
  readonly run: (directory: string, endpoint: string, service: string, traces: number) => Promise<void>
}

type Command = readonly [program: string, ...args: string[]]

const SOURCES = join(import.meta.dirname, 'clients')
const PYTHON_EXPORTER = 'opentelemetry-exporter-otlp-proto-http==1.45.2'
const PYTHON_SDK = 'opentelemetry-sdk==1.45.2'
const GO_VERSION = 'v1.46.0'
const GO_MODULES = [
  'go.opentelemetry.io/otel',
  'go.opentelemetry.io/otel/sdk',
  'go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp',
]
const TELEMETRYGEN = 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.149.0'

/** Time for any one command, ms. */
const COMMAND_MS_MAX = 10 * 60_000

export async function execute([program, ...args]: Command, cwd?: string): Promise<void> {
  const env = cwd === undefined ? process.env : { ...process.env, GOBIN: cwd, GOFLAGS: '-mod=mod' }
  await promisify(execFile)(program, args, {
    timeout: COMMAND_MS_MAX,
    env,
    ...(cwd === undefined ? {} : { cwd }),
  })
}

const python: Client = {
  name: 'python',
  needs: ['python3', '-m', 'venv', '--help'],
  install: async (directory) => {
    await execute(['python3', '-m', 'venv', 'venv'], directory)
    await execute(
      [join(directory, 'venv/bin/pip'), 'install', '--quiet', PYTHON_EXPORTER, PYTHON_SDK],
      directory,
    )
  },
  run: (directory, endpoint, service, traces) =>
    execute([
      join(directory, 'venv/bin/python'),
      join(SOURCES, 'export.py'),
      endpoint,
      service,
      String(traces),
    ]),
}

const go: Client = {
  name: 'go',
  needs: ['go', 'version'],
  install: async (directory) => {
    await copyFile(join(SOURCES, 'export.go'), join(directory, 'main.go'))
    await execute(['go', 'mod', 'init', 'interop'], directory)
    await execute(['go', 'get', ...GO_MODULES.map((module) => `${module}@${GO_VERSION}`)], directory)
    await execute(['go', 'build', '-o', 'export', '.'], directory)
  },
  run: (directory, endpoint, service, traces) =>
    execute([join(directory, 'export'), endpoint, service, String(traces)]),
}

const telemetrygen: Client = {
  name: 'telemetrygen',
  needs: ['go', 'version'],
  install: (directory) => execute(['go', 'install', TELEMETRYGEN], directory),
  run: (directory, endpoint, service, traces) =>
    execute([
      join(directory, 'telemetrygen'),
      'traces',
      '--otlp-http',
      '--otlp-insecure',
      `--otlp-endpoint=${new URL(endpoint).host}`,
      `--service=${service}`,
      `--traces=${traces}`,
      '--child-spans=1',
      '--rate=0',
    ]),
}

export const clients: readonly Client[] = [python, go, telemetrygen]
