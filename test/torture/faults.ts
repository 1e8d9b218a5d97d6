/** What is done to the collector, one entry each. */
import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyFault } from './fault-proxy.ts'
import type { Random } from './random.ts'
import type { Rig } from './torture.ts'

export interface Fault {
  readonly name: string
  /** Processes that the collector must have for it; any number without it. */
  readonly workers?: 'one' | 'several'
  /** Resolves when the fault is over and everything runs again. */
  readonly inflict: (rig: Rig) => Promise<void>
}

const FAULT_MS_MAX = 1_200
const KILLS_IN_A_ROW = 3
const HARDLY_MS = 300
const TORN_BYTES_MAX = 4_000

const killed = async (rig: Rig): Promise<void> => {
  await rig.killCollector()
  await rig.restartCollector()
}

/** A kill while the connection to ClickHouse misbehaves. */
const killedDuring =
  (fault: ProxyFault) =>
  async (rig: Rig): Promise<void> => {
    rig.proxy.fault = fault
    await sleep(rig.random() * FAULT_MS_MAX)
    await killed(rig)
    await sleep(rig.random() * FAULT_MS_MAX)
    rig.proxy.fault = 'none'
  }

const during =
  (fault: ProxyFault) =>
  async (rig: Rig): Promise<void> => {
    rig.proxy.fault = fault
    await sleep(rig.random() * FAULT_MS_MAX)
    rig.proxy.fault = 'none'
  }

/** Bytes behind the last commit, as a write that was under way leaves them when the machine dies. */
async function tearLogs({ dataDir, random }: Rig): Promise<void> {
  const logs = (await readdir(dataDir)).filter((name) => name.startsWith('log-'))
  for (const log of logs) {
    const newest = (await readdir(join(dataDir, log)))
      .filter((name) => /\.(native|side)$/.test(name))
      .sort(bySequence)
      .slice(-4)
    for (const name of newest) await appendFile(join(dataDir, log, name), garbage(random))
  }
}

const garbage = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: Math.floor(random() * TORN_BYTES_MAX) }, () => Math.floor(random() * 256)))

const bySequence = (a: string, b: string): number => sequenceOf(a) - sequenceOf(b)
const sequenceOf = (name: string): number => Number(/-(\d+)\./.exec(name)?.[1] ?? 0)

async function fillDisk(rig: Rig): Promise<void> {
  rig.collector.send(Math.floor(rig.random() * 50_000))
  await sleep(rig.random() * FAULT_MS_MAX)
  if (rig.random() < 0.5) await killed(rig)
  rig.collector.send('room')
}

export const faults: readonly Fault[] = [
  { name: 'collector killed', inflict: killed },
  {
    name: 'collector killed again and again, hardly that it runs',
    inflict: async (rig) => {
      for (let kills = 0; kills < KILLS_IN_A_ROW; kills += 1) {
        await killed(rig)
        await sleep(rig.random() * HARDLY_MS)
      }
    },
  },
  {
    name: 'collector killed, its log torn',
    inflict: async (rig) => {
      await rig.killCollector()
      await tearLogs(rig)
      await rig.restartCollector()
    },
  },
  {
    name: 'collector killed while ClickHouse answers errors after it inserted',
    inflict: killedDuring('error_after'),
  },
  { name: 'collector killed while answers of ClickHouse are lost', inflict: killedDuring('cut_after') },
  { name: 'collector killed while ClickHouse answers nothing', inflict: killedDuring('mute_after') },
  { name: 'collector killed while ClickHouse is away', inflict: killedDuring('down') },
  { name: 'collector killed while ClickHouse is slow', inflict: killedDuring('slow') },
  { name: 'ClickHouse away', inflict: during('down') },
  { name: 'ClickHouse slow', inflict: during('slow') },
  { name: 'ClickHouse answers errors after it inserted', inflict: during('error_after') },
  { name: 'answers of ClickHouse are lost', inflict: during('cut_after') },
  { name: 'requests to ClickHouse are cut in the middle', inflict: during('cut_inside') },
  { name: 'ClickHouse killed', inflict: (rig) => rig.restartClickHouse() },
  { name: 'disk full', workers: 'one', inflict: fillDisk },
  { name: 'one worker killed', workers: 'several', inflict: (rig) => rig.killWorker() },
]
