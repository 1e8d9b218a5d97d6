/** `node main.ts [socket path]`: the engine in a process of its own, until a signal ends it. */
import { startContainerEngine } from './engine.ts'

const socketPath = process.argv[2]
const engine = await startContainerEngine({
  ...(socketPath === undefined ? {} : { socketPath }),
  log: (line) => console.error(line),
})
console.log(engine.socketPath)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void engine.stop().then(() => process.exit(0)))
}
