import { quoteIdentifier, quoteString } from '../sql/literal.ts'
import type { Work } from './engine.ts'

/** Settings that make the library behave like the server. */
const SERVER_LIKE: ReadonlyMap<string, string> = new Map([
  ['implicit_select', '0'],
  ['allow_introspection_functions', '0'],
  ['async_insert', '0'],
])

/** What a fresh connection runs before the statement: its database, parameters and settings. */
export function preamble(work: Work): string {
  const comment = [work.tag, work.settings.get('log_comment')].filter(Boolean).join(' ')
  const settings = new Map([...SERVER_LIKE, ...work.settings, ['log_comment', comment]])
  const parameters = [...work.parameters].map(([name, value]) => [`param_${name}`, value] as const)
  return [
    `USE ${quoteIdentifier(work.database)}`,
    ...[...parameters, ...settings]
      .sort(readonlyLast)
      .map(([name, value]) => `SET ${name} = ${quoteString(value)}`),
  ].join('; ')
}

/** After `readonly` nothing can be set, by anyone. */
function readonlyLast(a: readonly [string, string], b: readonly [string, string]): number {
  return Number(a[0] === 'readonly') - Number(b[0] === 'readonly')
}
