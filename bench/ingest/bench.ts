/** The processes of a benchmark and the directory they write to. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadService } from '../load/main.ts'
import type { SinkService } from '../sink/main.ts'
import type { StoreAddress } from '../sink/store.ts'
import { startChild, type Child } from './service.ts'

export interface Bench {
  readonly load: Child<LoadService>
  /** A sink of its own for each subject, so that their rows are not mixed. */
  openSink(store?: StoreAddress): Promise<OpenSink>
  /** A new empty directory on a real disk. */
  newDirectory(): Promise<string>
  stop(): Promise<void>
}

export interface OpenSink {
  readonly url: string
  readonly child: Child<SinkService>
}

const mainOf = (name: string): string => join(import.meta.dirname, '..', name, 'main.ts')

export function startBench(): Bench {
  const load = startChild<LoadService>(mainOf('load'))
  const sinks: Child<SinkService>[] = []
  const directories: string[] = []
  return {
    load,
    async openSink(store) {
      const child = startChild<SinkService>(mainOf('sink'))
      sinks.push(child)
      return { child, url: await child.call('open', store === undefined ? {} : { store }) }
    },
    async newDirectory() {
      const directory = await mkdtemp(join(tmpdir(), 'sandglass-bench-'))
      directories.push(directory)
      return directory
    },
    async stop() {
      await Promise.all([load, ...sinks].map((child) => child.stop()))
      await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })))
    },
  }
}
