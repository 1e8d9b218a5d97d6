/** What the outside can see of a value, as plain data that crosses to the test and compares equal or not. */
export type Description = unknown

const ITEMS_MAX = 50

function describeErrorObject(error: Error): Description {
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error)
      .filter((name) => name !== 'stack')
      .map((name) => [name, describe(Reflect.get(error, name))]),
  )
  return { error: error.constructor.name, name: error.name, message: error.message, own }
}

const textOf = (bytes: Uint8Array): string =>
  bytes.byteLength > 200 ? `${bytes.byteLength} bytes` : new TextDecoder().decode(bytes)

export function describe(value: unknown): Description {
  if (value === undefined) return 'undefined'
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return value
  if (typeof value === 'function') return { function: value.name, length: value.length }
  if (value instanceof Error) return describeErrorObject(value)
  if (value instanceof ArrayBuffer) return { bytes: textOf(new Uint8Array(value)) }
  if (value instanceof Uint8Array) return { view: textOf(value) }
  if (value instanceof ReadableStream) return { stream: value.constructor.name, locked: value.locked }
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map(describe)
  if (typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, describe(item)]))
}

/** The outcome of a step, whether it returns, throws or rejects, and which of these. */
export async function attempt(step: () => unknown): Promise<Description> {
  let returned: unknown
  try {
    returned = step()
  } catch (error) {
    return { threw: describe(error) }
  }
  const isPromise = returned instanceof Promise
  try {
    const settled: unknown = await returned
    return isPromise ? { resolved: describe(settled) } : { returned: describe(settled) }
  } catch (error) {
    return { rejected: describe(error) }
  }
}
