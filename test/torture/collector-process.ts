/** The collector with a disk that can be filled from outside: messages of the parent put faults in and take them out. */
import { startCollector } from '@sandglass/collector'
import { createFaultyDisk } from '@sandglass/collector/testing'
import { collectorConfigSchema } from '@sandglass/schemas/config/collector'

const disk = createFaultyDisk()

process.on('message', (roomBytes) => {
  disk.roomBytes = typeof roomBytes === 'number' ? roomBytes : Infinity
})
process.once('disconnect', () => process.exit(1))

const config = collectorConfigSchema.parse(JSON.parse(process.argv[2] ?? '{}'))
const collector = await startCollector(config, { disk })
process.once('SIGTERM', () => void collector.stop('SIGTERM').then(() => process.exit(0)))
process.stdout.write(`${JSON.stringify({ event: 'ready', url: collector.url })}\n`)
