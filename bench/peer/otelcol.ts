/** The OpenTelemetry Collector as a subject, with a queue on disk that is synced, as ours is. */
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram } from '../ingest/spawn.ts'
import type { Subject } from '../ingest/subject.ts'

/** Where requests are gathered into inserts. */
export type Batching =
  /** In the exporter's queue, behind the disk: a 200 means that the request is on disk, as with ours. */
  | 'queue'
  /** In the batch processor, before the disk: a 200 comes first, and a crash loses what it had gathered. */
  | 'processor'

export interface OtelcolOptions {
  readonly program: string
  readonly directory: string
  readonly clickhouseUrl: string
  readonly batching: Batching
  /** Lets the exporter create its tables; the sink knows them already. */
  readonly createSchema: boolean
}

/** The database of the exporter's own tables. */
export const PEER_DATABASE = 'peer'

/** Spans of one insert: the exporter's page advises 100,000 rows for a busy collector. */
const BATCH_SPANS = 100_000

/** When an insert is made although it has fewer, as long as our segments wait. */
const FLUSH = '400ms'

export async function startOtelcol(options: OtelcolOptions): Promise<Subject> {
  const port = await freePort()
  const queueDirectory = join(options.directory, 'queue')
  await mkdir(queueDirectory, { recursive: true })
  const file = join(options.directory, 'otelcol.yaml')
  // JSON is YAML.
  await writeFile(file, JSON.stringify(configOf(options, port, queueDirectory)))
  const program = startProgram(options.program, ['--config', `file:${file}`])
  const url = `http://127.0.0.1:${port}`
  await listening(url, program)
  return {
    name: `otelcol, batching in the ${options.batching}`,
    url,
    pid: program.pid,
    stop: () => program.stop(),
  }
}

/** What of its configuration decides about speed and durability; all else is its default. */
export function settingsOf(batching: Batching): object {
  const { processors, exporters, extensions } = configOf(
    { batching, clickhouseUrl: 'http://…', createSchema: false },
    0,
    '…',
  )
  return { ...(batching === 'processor' ? processors : {}), ...exporters, ...extensions }
}

type Configured = Omit<OtelcolOptions, 'program' | 'directory'>

function configOf(options: Configured, port: number, queueDirectory: string) {
  const { batching, clickhouseUrl, createSchema } = options
  const inQueue = { flush_timeout: FLUSH, sizer: 'items', min_size: BATCH_SPANS, max_size: BATCH_SPANS }
  const batch = { timeout: FLUSH, send_batch_size: BATCH_SPANS, send_batch_max_size: BATCH_SPANS }
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors: { batch },
    exporters: {
      clickhouse: {
        endpoint: clickhouseUrl,
        database: PEER_DATABASE,
        create_schema: createSchema,
        // As ours: one synchronous insert, uncompressed, since the database is near.
        async_insert: false,
        compress: 'none',
        timeout: '120s',
        retry_on_failure: { enabled: true, max_elapsed_time: 0 },
        sending_queue: {
          storage: 'file_storage',
          queue_size: 1_000_000_000,
          sizer: 'items',
          num_consumers: 2,
          ...(batching === 'queue' ? { batch: inQueue } : {}),
        },
      },
    },
    extensions: { file_storage: { directory: queueDirectory, fsync: true } },
    service: {
      extensions: ['file_storage'],
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: batching === 'processor' ? ['batch'] : [],
          exporters: ['clickhouse'],
        },
      },
    },
  }
}

/** It cannot be asked which port it chose. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

const START_POLL_MS = 50
const START_POLLS_MAX = 600

/** Resolves when it answers an empty request. */
async function listening(url: string, program: ReturnType<typeof startProgram>): Promise<void> {
  for (let polls = 0; polls < START_POLLS_MAX; polls += 1) {
    const headers = { 'content-type': 'application/x-protobuf' }
    const answer = await fetch(`${url}/v1/traces`, { method: 'POST', headers }).catch(() => undefined)
    if (answer?.ok === true) return
    if (program.child.exitCode !== null) break
    await sleep(START_POLL_MS)
  }
  await program.stop()
  throw new Error('otelcol does not answer')
}
