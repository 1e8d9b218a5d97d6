/** The all-in-one: embedded ClickHouse, migrations, collector and enforcer, each in a process of its own. */
import { chmod, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createClient } from '@clickhouse/client'
import { startEmbedded, type Embedded } from '@sandglass/embedded'
import { migrate, MigrationError } from '@sandglass/schemas/migrate'
import { stringify } from 'yaml'
import { OperationError } from '../errors.ts'
import {
  ensureSecret,
  removeEndpoints,
  writeEndpoints,
  type DataDirectory,
  type Endpoints,
} from './data-directory.ts'
import type { ReadTenants } from './readers.ts'
import { startDeployable, type Deployable } from './deployable.ts'

export interface StackOptions {
  readonly directory: DataDirectory
  readonly otlpPort: number
  readonly clickhousePort: number
  /** Tokens of the read port and the tenants they are held to; undefined: anyone on this machine reads everything. */
  readonly readTenants?: ReadTenants | undefined
  /** Takes each log line of every part. */
  readonly log: (line: string) => void
  /** Takes each step of the start. */
  readonly progress: (step: string) => void
}

export interface Stack {
  readonly endpoints: Endpoints
  readonly directory: DataDirectory
  /** Resolves with the name and end of the first part that ended by itself. */
  readonly failed: Promise<string>
  startEnforcer(config: Readonly<Record<string, unknown>>): Promise<Deployable>
  stop(): Promise<void>
}

const mainOf = (deployable: 'collector' | 'enforcer'): string =>
  fileURLToPath(new URL('main.ts', import.meta.resolve(`@sandglass/${deployable}`)))

/** Starts in the order of the data path. Throws OperationError and stops what ran when a part does not start. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { directory } = options
  const readToken =
    options.readTenants === undefined ? undefined : await ensureSecret(directory, 'read-token')
  const embedded = await startClickhouse(directory, options, readToken)
  try {
    await migrateEmbedded(embedded, options)
    const collector = await startCollector(directory, embedded, options)
    return assemble(directory, embedded, collector, { ...options, readToken })
  } catch (error) {
    await embedded.stop()
    throw error
  }
}

async function startClickhouse(
  directory: DataDirectory,
  options: StackOptions,
  readToken: string | undefined,
): Promise<Embedded> {
  options.progress('starting the embedded ClickHouse')
  try {
    return await startEmbedded({
      dataDir: directory.clickhouse,
      readPort: options.clickhousePort,
      ...(options.readTenants === undefined ? {} : { readTenants: options.readTenants }),
      ...(readToken === undefined ? {} : { readToken }),
      log: options.log,
    })
  } catch (error) {
    throw new OperationError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

async function migrateEmbedded(embedded: Embedded, options: StackOptions): Promise<void> {
  options.progress('applying migrations')
  const client = createClient({
    url: embedded.writeUrl,
    username: embedded.username,
    password: embedded.password,
  })
  try {
    await migrate(client)
  } catch (error) {
    if (error instanceof MigrationError) throw new OperationError(error.message, { cause: error })
    throw error
  } finally {
    await client.close()
  }
}

async function startCollector(
  directory: DataDirectory,
  embedded: Embedded,
  options: StackOptions,
): Promise<Deployable> {
  options.progress('starting the collector')
  const configPath = await writeConfig(directory, 'collector', {
    listen: { host: '127.0.0.1', port: options.otlpPort },
    dataDir: directory.log,
    clickhouse: { url: embedded.writeUrl, username: embedded.username, password: embedded.password },
  })
  return startDeployable({ name: 'collector', main: mainOf('collector'), configPath, log: options.log })
}

/** The file holds the credential of the write port, so nobody else may read it. */
async function writeConfig(directory: DataDirectory, name: string, config: unknown): Promise<string> {
  const path = directory.config(name)
  await writeFile(path, stringify(config), { mode: 0o600 })
  await chmod(path, 0o600)
  return path
}

async function assemble(
  directory: DataDirectory,
  embedded: Embedded,
  collector: Deployable,
  options: StackOptions & { readonly readToken: string | undefined },
): Promise<Stack> {
  const parts: Deployable[] = [collector]
  const failure = Promise.withResolvers<string>()
  const watch = (name: string, exited: Promise<unknown>): void => {
    void exited.then((how) => failure.resolve(`${name} ended (${JSON.stringify(how)})`))
  }
  watch('clickhouse', embedded.exited)
  watch('collector', collector.exited)
  const endpoints = {
    pid: process.pid,
    otlpUrl: String(collector.ready['url']),
    readUrl: embedded.readUrl,
    ...(options.readToken === undefined ? {} : { readToken: options.readToken }),
    writeUrl: embedded.writeUrl,
    username: embedded.username,
    password: embedded.password,
  }
  await writeEndpoints(directory, endpoints)
  return {
    endpoints,
    directory,
    failed: failure.promise,
    startEnforcer: async (config) => {
      options.progress('starting the enforcer')
      const configPath = await writeConfig(directory, 'enforcer', config)
      const enforcer = await startDeployable({
        name: 'enforcer',
        main: mainOf('enforcer'),
        configPath,
        log: options.log,
      })
      watch('enforcer', enforcer.exited)
      parts.push(enforcer)
      return enforcer
    },
    stop: async () => {
      for (const part of parts.toReversed()) await part.stop()
      await embedded.stop()
      await removeEndpoints(directory)
    },
  }
}
