import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { facts, signal } from '../readers.ts'
import { operation, setting } from './define.ts'

/** A sandbox as a whole: its Durable Object tells what becomes of it. */
export const lifecycleOperations = {
  start: operation('start'),
  startAndWaitForPorts: operation('start'),
  stop: setting('stop', { facts: facts({ [attr.killSignal]: signal(0) }) }),
  destroy: setting('destroy'),
  getState: setting('state.get'),
  setSleepAfter: setting('timeout.set'),
  setKeepAlive: setting('timeout.set'),
  setContainerTimeouts: setting('timeout.set'),
  setTransport: setting('transport.set'),
  setLabels: setting('labels.set'),
} as const satisfies Record<string, Operation>
