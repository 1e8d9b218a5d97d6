import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import type { Embedded, EmbeddedOptions } from './options.ts'
import { startEmbedded } from './start.ts'

/** A running embedded ClickHouse on a directory of its own, with a client for each port. */
export interface TestEmbedded extends Embedded {
  readonly dataDir: string
  readonly writeClient: ClickHouseClient
  readonly readClient: ClickHouseClient
}

/** Errors are thrown; printing them too would drown the test's own output. */
const SILENT = { level: ClickHouseLogLevel.OFF }

/** Starts one for a test file; `stop()` closes the clients, ends the engine and removes the directory. */
export async function startTestEmbedded(options: Partial<EmbeddedOptions> = {}): Promise<TestEmbedded> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'sandglass-embedded-')))
  const removeOwn = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  const embedded = await startEmbedded({ ...options, dataDir }).catch(async (error: unknown) => {
    await removeOwn()
    throw error
  })
  const { username, password } = embedded
  const writeClient = createClient({ url: embedded.writeUrl, username, password, log: SILENT })
  const readClient = createClient({ url: embedded.readUrl, password: options.readToken ?? '', log: SILENT })
  const stop = async (): Promise<void> => {
    await Promise.all([writeClient.close(), readClient.close()])
    await embedded.stop()
    await removeOwn()
  }
  return { ...embedded, dataDir, writeClient, readClient, stop }
}
