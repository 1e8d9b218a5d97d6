/** One worker process. Without its primary it cannot know what came before, so it ends with it. */
import cluster from 'node:cluster'
import { Telemetry } from '../telemetry/telemetry.ts'
import type { Family } from '../telemetry/metrics.ts'
import { messageOf } from '../errors.ts'
import { nodePorts } from '../ports.ts'
import { openDataDirectory } from '../wal/data-directory.ts'
import { tuneCollection } from '../tune-collection.ts'
import { startWorker, type Worker } from '../worker.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { createRemoteKeys } from './remote-keys.ts'

const EXIT_STOPPED = 0
const EXIT_FAILED = 1

const send = (message: FromWorker): void => {
  if (process.connected) process.send?.(message)
}

tuneCollection()
const keys = createRemoteKeys(send)
const askedMetrics = new Map<number, (families: readonly Family[]) => void>()
let telemetry: Telemetry | undefined
let starting: Promise<Worker> | undefined
let metricQuestions = 0

/** Metrics of all workers, through the primary: a scrape reaches one of them. */
const collectAll = (): Promise<readonly Family[]> =>
  new Promise((resolve) => {
    metricQuestions += 1
    askedMetrics.set(metricQuestions, resolve)
    send({ type: 'askMetrics', id: metricQuestions })
  })

async function start({ config, worker: number }: Extract<ToWorker, { type: 'start' }>): Promise<Worker> {
  const { clock, log, disk } = nodePorts
  telemetry = new Telemetry({ clock, log, context: { worker: number } })
  const directory = await openDataDirectory(disk, config.dataDir, nodePorts)
  const worker = await startWorker({
    config,
    ports: nodePorts,
    telemetry,
    directory,
    worker: number,
    keys,
    families: collectAll,
  })
  send({ type: 'ready', url: worker.url })
  return worker
}

function take(message: ToWorker): void {
  switch (message.type) {
    case 'start':
      starting = start(message)
      starting.catch((error: unknown) => {
        send({ type: 'failed', error: messageOf(error) })
        process.exitCode = EXIT_FAILED
        process.disconnect()
      })
      return
    case 'verdicts':
      keys.answer(message.id, message.verdicts)
      return
    case 'collectMetrics':
      send({ type: 'metrics', id: message.id, families: telemetry?.metrics.families() ?? [] })
      return
    case 'allMetrics':
      askedMetrics.get(message.id)?.(message.families)
      askedMetrics.delete(message.id)
      return
    case 'stop':
      void stop(message.reason, message.shipMsMax)
  }
}

/** A worker that is still starting has read a log that wants to be shipped. */
async function stop(reason: string, shipMsMax: number): Promise<void> {
  const worker = await starting
  await worker?.stop(reason, shipMsMax)
  process.exit(EXIT_STOPPED)
}

process.on('message', take)
process.once('disconnect', () => process.exit(process.exitCode ?? EXIT_FAILED))
// A message to a primary that died a moment ago fails before the connection is known to be gone.
cluster.worker?.once('error', () => process.exit(EXIT_FAILED))
// A terminal sends these to every process; the primary decides what happens.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
send({ type: 'online' })
