/** What an overlay shows in place of a property of its target; called each time the property is read. */
export type Shown<T extends object> = Partial<Record<PropertyKey, (target: T) => unknown>>

/**
 * The target itself in every respect but the properties in `shown`. Methods and getters run on the target, so that
 * objects of the runtime accept them; a method keeps its identity from one read to the next.
 */
export function overlay<T extends object>(target: T, shown: Shown<T>): T {
  const methods = new Map<unknown, unknown>()

  function bound(method: (...args: unknown[]) => unknown): unknown {
    const known = methods.get(method)
    if (known !== undefined) return known
    const call = function (this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(method, this === proxy ? target : this, args)
    }
    const disguised = disguise(call, method)
    methods.set(method, disguised)
    return disguised
  }

  const proxy: T = new Proxy(target, {
    get(_, property) {
      if (isFixed(target, property)) return Reflect.get(target, property, target)
      const show = Object.hasOwn(shown, property) ? shown[property] : undefined
      if (show !== undefined) return show(target)
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' && property !== 'constructor'
        ? bound(value as (...args: unknown[]) => unknown)
        : value
    },
    set: (_, property, value) => Reflect.set(target, property, value, target),
  })
  return proxy
}

/** A proxy must show such a property as it is, or reading it throws. */
export function isFixed(target: object, property: PropertyKey): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, property)
  return own?.configurable === false && own.writable === false
}

/** Gives a wrapper the name and length of the method it wraps. */
export function disguise<F extends (...args: never[]) => unknown>(wrapper: F, original: unknown): F {
  if (typeof original !== 'function') return wrapper
  const { name, length } = original
  if (wrapper.name !== name) Object.defineProperty(wrapper, 'name', { value: name, configurable: true })
  if (wrapper.length !== length)
    Object.defineProperty(wrapper, 'length', { value: length, configurable: true })
  return wrapper
}
