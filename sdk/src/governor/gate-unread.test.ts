import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

test('a gate whose state is not read yet refuses: it may be suspended', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  let loading: Promise<unknown> = Promise.resolve()
  const gate = createGate({
    ctx: {
      id: { toString: () => 'box' },
      storage: {
        get: () => promise,
        put: () => Promise.resolve(),
        delete: () => Promise.resolve(true),
        list: () => Promise.resolve(new Map()),
      },
      container: {
        running: false,
        start() {},
        exec: () => Promise.reject(new Error('unused')),
        destroy: () => Promise.resolve(),
        monitor: () => Promise.resolve(),
      },
      blockConcurrencyWhile(run) {
        const done = run()
        loading = done
        return done
      },
    },
  })
  expect(() => gate.check('exec')).toThrow(/exec refused: the gate's state is not read yet/)
  resolve(undefined)
  await loading
  expect(() => gate.check('exec')).not.toThrow()
})
