/** Reads a property of whatever a caller gave. */
export function read(source: unknown, name: string): unknown {
  return typeof source === 'object' && source !== null ? Reflect.get(source, name) : undefined
}

export function readText(source: unknown, name: string): string | undefined {
  const value = read(source, name)
  return typeof value === 'string' ? value : undefined
}

export function readNumber(source: unknown, name: string): number | undefined {
  const value = read(source, name)
  return typeof value === 'number' ? value : undefined
}
