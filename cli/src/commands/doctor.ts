import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { attr } from '@sandglass/schemas/semconv'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command, Option } from 'commander'
import { connectReader, readObjects, type ConnectionFlags } from '../clickhouse.ts'
import { OperationError } from '../errors.ts'
import { DATA_DIRECTORY_DEFAULT, readEndpoints } from '../stack/data-directory.ts'
import { withConnection } from './connection-options.ts'

interface DoctorFlags extends ConnectionFlags {
  readonly otlpUrl?: string
  readonly token?: string
  readonly json?: boolean
}

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
}

const STORED_MS_MAX = 15_000
const POLL_MS = 100
const REQUEST_MS_MAX = 5_000

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('prove the round trip: an OTLP request, acknowledged, stored and answered by a query')
    .option('--otlp-url <url>', 'collector to test; default: the running stack')
    .addOption(new Option('--token <token>', 'bearer token of a tenant').env('SANDGLASS_TOKEN'))
    .option('--json', 'print one JSON line')
  return withConnection(command).action(runDoctor)
}

async function runDoctor(flags: DoctorFlags): Promise<void> {
  const otlpUrl = flags.otlpUrl ?? (await readEndpoints(flags.dataDir ?? DATA_DIRECTORY_DEFAULT))?.otlpUrl
  const reader = await connectReader(flags)
  try {
    const findings = await examine(otlpUrl ?? 'http://127.0.0.1:4318', flags.token, reader)
    print(findings, flags.json === true)
    if (!findings.every(({ ok }) => ok))
      throw new OperationError('the round trip is broken: see the failed check')
  } finally {
    await reader.close()
  }
}

/** Checks in the order of the data path; stops at the first that fails. */
async function examine(
  otlpUrl: string,
  token: string | undefined,
  reader: ClickHouseClient,
): Promise<readonly Finding[]> {
  const traceId = randomBytes(16).toString('hex')
  const findings: Finding[] = []
  for (const [check, run] of [
    ['ClickHouse answers', () => answerVersion(reader)],
    ['collector is ready', () => fetchReady(otlpUrl)],
    ['an OTLP span is acknowledged', () => sendSpan(otlpUrl, token, traceId)],
    ['the span is stored once', () => awaitStored(reader, traceId)],
    ['task tables answer', () => countTasks(reader)],
  ] as const) {
    const finding = await attempt(check, run)
    findings.push(finding)
    if (!finding.ok) break
  }
  return findings
}

async function attempt(check: string, run: () => Promise<string>): Promise<Finding> {
  const startedMs = performance.now()
  try {
    const detail = await run()
    return { check, ok: true, detail: `${detail} (${Math.round(performance.now() - startedMs)} ms)` }
  } catch (error) {
    return { check, ok: false, detail: describe(error) }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

async function answerVersion(reader: ClickHouseClient): Promise<string> {
  const [row] = await readObjects<{ v: string }>(reader, 'SELECT version() AS v')
  return `version ${row?.v ?? 'unknown'}`
}

async function fetchReady(otlpUrl: string): Promise<string> {
  const response = await fetch(new URL('/ready', otlpUrl), { signal: AbortSignal.timeout(REQUEST_MS_MAX) })
  if (!response.ok) throw new Error(`${otlpUrl}/ready answered ${response.status}: ${await response.text()}`)
  return otlpUrl
}

async function sendSpan(otlpUrl: string, token: string | undefined, traceId: string): Promise<string> {
  const response = await fetch(new URL('/v1/traces', otlpUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(probe(traceId)),
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
  })
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`)
  return `trace ${traceId}`
}

function probe(traceId: string): unknown {
  const nowNs = BigInt(Date.now()) * 1_000_000n
  const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } })
  const span = {
    traceId,
    spanId: traceId.slice(0, 16),
    name: 'sandglass doctor',
    kind: 1,
    startTimeUnixNano: String(nowNs - 1_000_000n),
    endTimeUnixNano: String(nowNs),
    attributes: [text(attr.operationName, 'doctor')],
  }
  return {
    resourceSpans: [
      {
        resource: { attributes: [text(attr.serviceName, 'sandglass-doctor')] },
        scopeSpans: [{ scope: { name: 'sandglass-doctor' }, spans: [span] }],
      },
    ],
  }
}

async function awaitStored(reader: ClickHouseClient, traceId: string): Promise<string> {
  const deadlineMs = Date.now() + STORED_MS_MAX
  const sql = 'SELECT toUInt32(count()) AS n FROM otel_traces WHERE TraceId = {traceId:String}'
  while (Date.now() < deadlineMs) {
    const [row] = await readObjects<{ n: number }>(reader, sql, { traceId })
    if (row?.n === 1) return '1 row'
    if (row !== undefined && row.n > 1) throw new Error(`${row.n} rows: the span was stored more than once`)
    await sleep(POLL_MS)
  }
  throw new Error(`not stored within ${STORED_MS_MAX} ms: look at the collector's log and /metrics`)
}

async function countTasks(reader: ClickHouseClient): Promise<string> {
  const [row] = await readObjects<{ n: number }>(reader, 'SELECT toUInt32(count()) AS n FROM tasks')
  return `${row?.n ?? 0} tasks`
}

function print(findings: readonly Finding[], json: boolean): void {
  if (json) console.log(JSON.stringify({ ok: findings.every(({ ok }) => ok), findings }))
  else
    for (const { check, ok, detail } of findings) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${check}: ${detail}`)
}
