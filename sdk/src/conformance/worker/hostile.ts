import type { SandglassOptions } from '../../index.ts'

const failing = (): never => {
  throw new Error('this part of the telemetry is broken')
}

/** Everything that can be broken from outside is. */
export const HOSTILE: Partial<SandglassOptions> = {
  clock: { now: failing, schedule: failing },
  random: failing,
  fetch: failing,
  redact: failing,
  onDiagnostic: failing,
  waitUntil: failing,
  state: { get: failing, put: failing, delete: failing },
}
