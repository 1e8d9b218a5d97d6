import { expect, test } from 'vitest'
import { createProcessTracker } from './process-tracker.ts'

test('a process that cannot be ended does not keep the others running', async () => {
  const tracker = createProcessTracker()
  const { promise, resolve } = Promise.withResolvers<number>()
  const gone = {
    exitCode: promise,
    kill() {
      throw new Error('no such process')
    },
  }
  const running = { exitCode: promise, kill: () => resolve(0) }
  const streams = { stdin: null, stdout: null, output: () => Promise.reject(new Error('unused')) }
  for (const process of [gone, running]) tracker.track({ ...streams, ...process })
  await tracker.interrupt()
  expect(tracker.size).toBe(0)
})
