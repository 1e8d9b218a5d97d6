import type { Diagnostics, Guard } from './guard.ts'
import { systemClock, systemRandom, type Clock, type RandomHex, type StateStore } from './ports.ts'

/** A clock that never throws: where the given one does, the system's answers. */
export function safeClock(given: Clock | undefined, guard: Guard): Clock {
  if (given === undefined) return systemClock
  return {
    now: () => guard(() => given.now()) ?? systemClock.now(),
    schedule(run, delayMs) {
      const cancel = guard(() => given.schedule(run, delayMs)) ?? systemClock.schedule(run, delayMs)
      return () => guard(cancel)
    },
  }
}

export function safeRandom(given: RandomHex | undefined, guard: Guard): RandomHex {
  if (given === undefined) return systemRandom
  return (bytes) => guard(() => given(bytes)) ?? systemRandom(bytes)
}

/** A store that never rejects: what cannot be read is not there, what cannot be written is reported. */
export function safeState(given: StateStore | undefined, diagnostics: Diagnostics): StateStore | undefined {
  if (given === undefined) return undefined
  async function tolerate<T>(step: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await step()
    } catch (error) {
      diagnostics.report('state', `the state store failed: ${String(error)}`)
      return otherwise
    }
  }
  return {
    get: (key) => tolerate(() => given.get(key), undefined),
    put: (key, value) => tolerate(() => given.put(key, value), undefined),
    delete: (key) => tolerate(() => given.delete(key), false),
  }
}
