import { type Runbook, RunbookError, type RunbookParameter, type RunbookQuery } from './runbook.ts'

/**
 * The values to send with one query of a runbook as ClickHouse query parameters: the given ones, else the defaults.
 * Values for its other queries may be among the given ones, so that one command line runs the whole runbook.
 * Throws RunbookError that names every missing, unknown and malformed value at once.
 */
export function bindParameters(
  runbook: Runbook,
  query: RunbookQuery,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const problems = [
    ...unknownParameters(runbook, given),
    ...query.parameters.flatMap((parameter) => problemOf(parameter, given[parameter.name])),
  ]
  if (problems.length > 0)
    throw new RunbookError(`runbook ${runbook.name}, query ${query.name}:\n  ${problems.join('\n  ')}`)
  return Object.fromEntries(
    query.parameters.map(({ name, defaultValue = '' }) => [name, given[name] ?? defaultValue]),
  )
}

function unknownParameters(runbook: Runbook, given: Readonly<Record<string, string>>): readonly string[] {
  const known = new Set(runbook.queries.flatMap(({ parameters }) => parameters.map(({ name }) => name)))
  return Object.keys(given)
    .filter((name) => !known.has(name))
    .map((name) => `${name}: no such parameter; there are: ${[...known].join(', ') || 'none'}`)
}

function problemOf(
  { name, type, description, defaultValue }: RunbookParameter,
  given?: string,
): readonly string[] {
  const value = given ?? defaultValue
  if (value === undefined) return [`${name}: missing (${description}); give it with --param ${name}=…`]
  if (type.startsWith('UInt') && !/^\d+$/.test(value)) return [`${name}: "${value}" is not a whole number`]
  return []
}
