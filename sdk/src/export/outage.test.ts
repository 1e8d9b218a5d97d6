import { event } from '@sandglass/schemas/semconv'
import { afterEach, expect, test, vi } from 'vitest'
import { createSandglass, type SandglassOptions } from '../index.ts'
import { ATTEMPTS_MAX } from './limits.ts'

afterEach(() => vi.restoreAllMocks())

function instrument(fetch: NonNullable<SandglassOptions['fetch']>) {
  return createSandglass({
    serviceName: 'test',
    endpoint: 'http://127.0.0.1:9',
    flushIntervalMs: 0,
    onDiagnostic() {},
    fetch,
    clock: {
      now: () => Date.now(),
      schedule(run) {
        const timer = setTimeout(run, 0)
        return () => clearTimeout(timer)
      },
    },
  })
}

test('during an outage a flush tries one parcel, however many wait', async () => {
  let calls = 0
  const sandglass = instrument(() => {
    calls++
    return Promise.reject(new Error('down'))
  })
  const perFlush: number[] = []
  for (let round = 0; round < 10; round++) {
    sandglass.event(event.configChanged, {})
    calls = 0
    await sandglass.flush()
    perFlush.push(calls)
  }
  expect(Math.max(...perFlush)).toBeLessThanOrEqual(ATTEMPTS_MAX)
  expect(sandglass.stats().pending).toBe(10)
})

test('a fetch that ignores its signal is given up all the same', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const given = new AbortController()
    setTimeout(() => given.abort(new Error('timed out')), 1)
    return given.signal
  })
  const sandglass = instrument(() => new Promise(() => {}))
  sandglass.event(event.configChanged, {})
  expect(await sandglass.flush()).toMatchObject({ pending: 1 })
})
