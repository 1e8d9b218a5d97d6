/** A collector in this process on a directory of its own, in front of a migrated embedded ClickHouse. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { collectorConfigSchema, type CollectorConfig } from '@sandglass/schemas/config/collector'
import { migrate } from '@sandglass/schemas/migrate'
import type { z } from 'zod'
import { startCollector, type Collector } from '../start.ts'
import type { Ports } from '../ports.ts'

type ConfigInput = z.input<typeof collectorConfigSchema>

export async function startTestDatabase(): Promise<TestEmbedded> {
  const database = await startTestEmbedded()
  await migrate(database.writeClient)
  return database
}

/** A configuration on a free port, with `overrides` on top. */
export const testConfig = (dataDir: string, overrides: ConfigInput = {}): CollectorConfig =>
  collectorConfigSchema.parse({
    dataDir,
    stopMsMax: 5_000,
    ...overrides,
    listen: { port: 0, ...overrides.listen },
  })

export const clickhouseOf = ({
  writeUrl: url,
  username,
  password,
}: TestEmbedded): { url: string; username: string; password: string } => ({ url, username, password })

export interface TestCollector extends Collector {
  readonly dataDir: string
  /** Lines of its log, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
}

export async function startTestCollector(
  config: CollectorConfig,
  ports: Partial<Ports> = {},
): Promise<TestCollector> {
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = (line: string): void => {
    lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>)
  }
  const collector = await startCollector(config, { log, ...ports })
  return { ...collector, dataDir: config.dataDir, lines }
}

const POLL_MS = 25
const POLL_MS_MAX = 20_000

/** Asks until `enough` is satisfied; then, or when time is up, returns the last answer for the test to judge. */
export async function poll<T>(ask: () => Promise<T>, enough: (answer: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + POLL_MS_MAX
  for (;;) {
    const answer = await ask()
    if (enough(answer) || performance.now() > deadlineMs) return answer
    await sleep(POLL_MS)
  }
}

export async function selectNumber(client: ClickHouseClient, sql: string): Promise<number> {
  const result = await client.query({ query: sql, format: 'JSONCompactEachRow' })
  const [row] = (await result.json()) as readonly [unknown][]
  return Number(row?.[0] ?? 0)
}
