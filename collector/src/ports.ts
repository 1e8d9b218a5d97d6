/** What the collector takes from the world around it. `nodePorts` is the real one; tests put their own parts in its place. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  connectClickHouse,
  createBlockStore,
  type BlockStore,
  type ClickHouseOptions,
} from './clickhouse/store.ts'
import { createClock, type Clock } from './clock.ts'
import { nodeDisk, type Disk } from './wal/disk.ts'

export interface Ports {
  readonly clock: Clock
  readonly disk: Disk
  readonly newId: () => string
  readonly randomBytes: (count: number) => Buffer
  /** A random number in [0, 1), for jitter. */
  readonly random: () => number
  /** Takes one line of the log, without its line break. */
  readonly log: (line: string) => void
  /** Called when durability can no longer be promised. It must end the process. */
  readonly fatal: (error: Error) => void
  readonly connect: (options: ClickHouseOptions) => ClickHouseClient
  readonly createStore: (client: ClickHouseClient) => BlockStore
}

/** The exit code of an operational failure. */
const EXIT_FAILED = 1

export const nodePorts: Ports = {
  clock: createClock(),
  disk: nodeDisk,
  newId: randomUUID,
  randomBytes,
  random: Math.random,
  log: (line) => process.stderr.write(`${line}\n`),
  fatal: () => process.exit(EXIT_FAILED),
  connect: connectClickHouse,
  createStore: createBlockStore,
}
