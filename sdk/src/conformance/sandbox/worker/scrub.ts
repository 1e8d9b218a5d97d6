/** Values that differ from one run to the next, whatever wraps what: their kind is compared alone. */
const VOLATILE = new Set([
  'createdAt',
  'duration',
  'endTime',
  'lastChange',
  'lastUsed',
  'modifiedAt',
  'pid',
  'processId',
  'startTime',
  'timestamp',
  'version',
  'watchId',
])

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** What was seen, without what is different each time; `name` is the sandbox's own. */
export function scrub(value: unknown, name: string): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll(name, '<sandbox>')
      .replaceAll(UUID, '<uuid>')
      .replaceAll(/proc_[0-9a-f-]+/g, '<process>')
      .replaceAll(/"(?:timestamp|processId|watchId)":"[^"]*"/g, '<volatile>')
  if (Array.isArray(value)) return value.map((item) => scrub(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, VOLATILE.has(key) ? typeof item : scrub(item, name)]),
  )
}
