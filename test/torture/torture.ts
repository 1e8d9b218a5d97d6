/**
 * Real clients under load while everything between them and ClickHouse fails.
 *
 * Every 200 is an obligation: at the end each acknowledged record must be stored, none twice, and every table derived from
 * them must agree to the last digit.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@clickhouse/client'
import { startEmbedded, type Embedded } from '@sandglass/embedded'
import { migrate } from '@sandglass/schemas/migrate'
import { isAlive, startCollector, type Collector } from './collector.ts'
import { startClient, type Client, type Ledgers } from './client.ts'
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { faults, type Fault } from './faults.ts'
import { createRandom, type Random } from './random.ts'
import { verify } from './verify.ts'

export interface TortureOptions {
  /** Time under faults; starting, draining and checking come on top. */
  readonly seconds: number
  readonly seed: number
  /** The collector has 1 to so many worker processes, another number with every start. */
  readonly workersMax: number
  /** Takes lines about what happens. */
  readonly log: (line: string) => void
}

export interface TortureResult {
  readonly seed: number
  /** Times the collector, or one of its workers, was killed with SIGKILL. */
  readonly kills: number
  /** Everything done to it, kills included. */
  readonly faults: number
  /** Records in requests that were answered 200. */
  readonly acked: number
  readonly stored: number
  readonly lost: number
  readonly duplicated: number
  /** Derived tables that disagree with their base. */
  readonly rollupMismatch: number
}

/** What faults act on. */
export interface Rig {
  readonly random: Random
  readonly proxy: FaultProxy
  readonly dataDir: string
  readonly log: (line: string) => void
  collector: Collector
  kills: number
  /** Starts the collector again on its directory, with this many processes or as many as chance wants. */
  restartCollector(workers?: number): Promise<void>
  killCollector(): Promise<void>
  /** Kills one of several workers; the collector replaces it. */
  killWorker(): Promise<void>
  /** Kills ClickHouse and starts it again on its directory. */
  restartClickHouse(): Promise<void>
}

const CLIENTS = 7
const FAULT_PAUSE_MS_MAX = 600

export async function runTorture(options: TortureOptions): Promise<TortureResult> {
  const root = await mkdtemp(join(tmpdir(), 'sandglass-torture-'))
  try {
    return await runIn(root, options)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function runIn(
  root: string,
  { seconds, seed, workersMax, log }: TortureOptions,
): Promise<TortureResult> {
  const random = createRandom(seed)
  let database = await startDatabase(root)
  const proxy = await startFaultProxy(targetOf(database))
  const dataDir = join(root, 'log')
  const config = { dataDir, listen: { port: 0 }, stopMsMax: 120_000, clickhouse: { url: proxy.url } }
  const start = (workers = 1 + Math.floor(random() * workersMax)): Promise<Collector> =>
    startCollector({ ...config, workers }, log)
  const rig: Rig = {
    random,
    proxy,
    dataDir,
    log,
    collector: await start(),
    kills: 0,
    restartCollector: async (workers) => {
      rig.collector = await start(workers)
    },
    killCollector: async () => {
      rig.kills += 1
      await rig.collector.kill()
    },
    killWorker: async () => {
      rig.kills += 1
      const living = rig.collector.workerPids.filter(isAlive)
      const pid = living[Math.floor(random() * living.length)]
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    },
    restartClickHouse: async () => {
      process.kill(database.pid, 'SIGKILL')
      await database.exited
      database = await startDatabase(root)
      proxy.target = targetOf(database)
    },
  }
  try {
    const ledgers: Ledgers = { traces: new Map(), logs: new Map(), metrics: new Map() }
    const clients = startClients(rig, ledgers, createRandom(seed + 1))
    const done = await inflict(rig, seconds, workersMax)
    await drain(rig, clients)
    const result = await check(database, ledgers, log)
    return { seed, kills: rig.kills, faults: done, ...result }
  } finally {
    await rig.collector.kill()
    await proxy.close()
    await database.stop()
  }
}

const startDatabase = async (root: string): Promise<Embedded> => {
  const database = await startEmbedded({ dataDir: join(root, 'clickhouse') })
  const client = createClient(targetOf(database))
  await migrate(client)
  await client.close()
  return database
}

const targetOf = ({ writeUrl: url, username, password }: Embedded): FaultProxy['target'] => ({
  url,
  username,
  password,
})

const startClients = (rig: Rig, ledgers: Ledgers, random: Random): readonly Client[] =>
  Array.from({ length: CLIENTS }, (_, id) => {
    const url = (): string => String(rig.collector.ready['url'])
    return startClient({ id, url, ledgers, random })
  })

/** Faults in an order made of the seed, every kind once before any comes again. Returns how many there were. */
async function inflict(rig: Rig, seconds: number, workersMax: number): Promise<number> {
  const endMs = performance.now() + seconds * 1_000
  let planned: Fault[] = []
  let done = 0
  while (performance.now() < endMs) {
    await sleep(rig.random() * FAULT_PAUSE_MS_MAX)
    if (planned.length === 0) planned = shuffle(possible(workersMax), rig.random)
    const fault = planned.pop()
    if (fault === undefined) continue
    rig.log(`fault: ${fault.name}`)
    await haveWorkers(rig, fault.workers, workersMax)
    await fault.inflict(rig)
    done += 1
  }
  return done
}

const possible = (workersMax: number): readonly Fault[] =>
  faults.filter(({ workers }) => workers !== 'several' || workersMax > 1)

/** Kills the collector when it has more or fewer processes than a fault needs, and starts it with enough. */
async function haveWorkers(rig: Rig, needed: Fault['workers'], workersMax: number): Promise<void> {
  const found = rig.collector.workers === 1 ? 'one' : 'several'
  if (needed === undefined || needed === found) return
  await rig.killCollector()
  await rig.restartCollector(needed === 'one' ? 1 : workersMax)
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** Clients end, and then the collector stops in order: it has to ship everything on its own. */
async function drain(rig: Rig, clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.stop()))
  const code = await rig.collector.stop()
  if (code !== 0) throw new Error(`the collector ended with ${String(code)} instead of stopping in order`)
}

type Check = Pick<TortureResult, 'acked' | 'stored' | 'lost' | 'duplicated' | 'rollupMismatch'>

async function check(database: Embedded, ledgers: Ledgers, log: (line: string) => void): Promise<Check> {
  const client = createClient(targetOf(database))
  const found = await verify(client, ledgers)
  await client.close()
  for (const line of found.rollupMismatch) log(`rollup: ${line}`)
  const acked = Object.values(ledgers)
    .flatMap((ledger) => [...ledger.values()])
    .reduce((sum, count) => sum + count, 0)
  return { ...found, acked, rollupMismatch: found.rollupMismatch.length }
}
