/** The same options with one of them set, whatever kind of object they are; they themselves stay as they are. */
export function withOption(options: object, name: string, value: unknown): object {
  const prototype: unknown = Object.getPrototypeOf(options)
  if (prototype === Object.prototype || prototype === null) return { ...options, [name]: value }
  return Object.create(options, { [name]: { value, enumerable: true } }) as object
}
