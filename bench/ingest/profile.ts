/** Reads CPU profiles that Node wrote and tells where the time went. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The part of a .cpuprofile that is read. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

export interface Place {
  readonly place: string
  /** Of the time in which the main thread was not idle. */
  readonly percent: number
}

const PLACES_MAX = 25
const IDLE = '(idle)'

/** The places that took the most time themselves, over all profiles in the directory. */
export function summariseProfiles(directory: string): readonly Place[] {
  const times = new Map<string, number>()
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.cpuprofile'))) {
    const profile: Profile = JSON.parse(readFileSync(join(directory, name), 'utf8'))
    addTimes(times, profile)
  }
  times.delete(IDLE)
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  return [...times]
    .sort(([, left], [, right]) => right - left)
    .slice(0, PLACES_MAX)
    .map(([place, time]) => ({ place, percent: Math.round((time / total) * 1000) / 10 }))
}

function addTimes(times: Map<string, number>, { nodes, samples, timeDeltas }: Profile): void {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? IDLE
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[index] ?? 0))
  }
}

function placeOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName
  const file = url.startsWith('node:') ? url : url.split('/').slice(-2).join('/')
  return `${functionName || 'anonymous'} ${file}:${lineNumber + 1}`
}
