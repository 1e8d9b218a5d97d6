import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { Where } from '../instrument.ts'

/** A secret that was seen where a call used it. */
export interface Sighting {
  readonly name: string
  readonly detection: 'command_text' | 'file_read'
  /** Facts of the call. */
  readonly facts: Facts
}

/** Secrets that are known by name, and the calls that use them. */
export interface Sightings {
  /** Looks for a name, and for its value when that is known. */
  addName(name: string, value?: string): void
  /** A file whose reading is a use of the secret. */
  addFile(path: string, name: string): void
  /** Looks at the facts of a call that is about to be made. */
  look(facts: Facts, where: () => Where): void
  onSight(listener: (sighting: Sighting, where: Where) => void): void
}

interface Known {
  /** The name as a shell uses it: `$NAME`, `${NAME}`, `printenv NAME`. */
  readonly use: RegExp
  readonly values: Set<string>
}

const NAMES_MAX = 1_000
const FILES_MAX = 1_000
const VALUES_MAX = 10
/** A shorter value is in innocent text too. */
const VALUE_LENGTH_MIN = 6
const FILE_READ = 'file.read'

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

function patternOf(name: string): RegExp {
  const word = `${escape(name)}(?![\\w])`
  return new RegExp(`\\$\\{?${word}|\\bprintenv\\s+${word}`)
}

/** Whether a path stands in a command as a word of its own. */
function hasPath(text: string, path: string): boolean {
  const at = text.indexOf(path)
  if (at < 0) return false
  const [before = ' ', after = ' '] = [text[at - 1], text[at + path.length]]
  return !/[\w./-]/.test(before) && !/[\w./-]/.test(after)
}

export function createSightings(): Sightings {
  const names = new Map<string, Known>()
  const files = new Map<string, string>()
  const listeners: ((sighting: Sighting, where: Where) => void)[] = []

  function inCommand(text: string, facts: Facts): Sighting[] {
    const named = [...names]
      .filter(([, { use, values }]) => use.test(text) || [...values].some((value) => text.includes(value)))
      .map(([name]): Sighting => ({ name, detection: 'command_text', facts }))
    const read = [...files]
      .filter(([path]) => hasPath(text, path))
      .map(([, name]): Sighting => ({ name, detection: 'file_read', facts }))
    return [...named, ...read]
  }

  function sightingsIn(facts: Facts): Sighting[] {
    const text = facts[attr.commandLine]
    if (typeof text === 'string') return inCommand(text, facts)
    const path = facts[attr.operation] === FILE_READ ? facts[attr.filePath] : undefined
    const name = typeof path === 'string' ? files.get(path) : undefined
    return name === undefined ? [] : [{ name, detection: 'file_read', facts }]
  }

  return {
    addName(name, value) {
      const known = names.get(name) ?? { use: patternOf(name), values: new Set() }
      if (names.size < NAMES_MAX) names.set(name, known)
      if (value !== undefined && value.length >= VALUE_LENGTH_MIN && known.values.size < VALUES_MAX)
        known.values.add(value)
    },
    addFile(path, name) {
      if (files.size < FILES_MAX) files.set(path, name)
    },
    look(facts, where) {
      if (names.size + files.size === 0) return
      for (const sighting of sightingsIn(facts)) for (const tell of listeners) tell(sighting, where())
    },
    onSight: (listener) => void listeners.push(listener),
  }
}
