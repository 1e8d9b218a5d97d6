import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { COMMAND, TASK, createInstrument } from './subject.ts'

const SPANS = 8_000
const BYTES_PER_KB = 1_000

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Heap that 1000 spans take while they wait to be sent, kilobytes. */
export async function measureHeap(): Promise<number> {
  const { sandglass, wrapped } = createInstrument()
  const before = heapUsed()
  await sandglass.task(TASK, async () => {
    for (let index = 0; index < SPANS; index++) {
      const process = await wrapped.exec([...COMMAND, String(index)])
      await process.output()
    }
  })
  const used = heapUsed() - before
  if (sandglass.stats().spansEnded < SPANS) throw new Error('spans were lost')
  return used / BYTES_PER_KB / (SPANS / 1_000)
}
