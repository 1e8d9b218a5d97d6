/** Which methods of the runtime's own objects, and of the helpers on them, were called: what the scenarios cover. */
export const called = new Set<string>()

/** Methods that are documented, and that this version of the runtime has not. */
export const absent = new Set<string>()

const watched = new WeakSet<object>()

type Method = (this: unknown, ...args: unknown[]) => unknown

function spy(name: string, method: Method, onResult: (result: unknown) => void): Method {
  const spied: Method = function (...args) {
    called.add(name)
    const result: unknown = Reflect.apply(method, this, args)
    if (result instanceof Promise)
      result.then(
        (value) => onResult(value),
        () => {},
      )
    return result
  }
  Object.defineProperty(spied, 'name', { value: method.name })
  Object.defineProperty(spied, 'length', { value: method.length })
  return spied
}

/** Every method of a process; complete.ts holds it against the runtime's types. */
export const PROCESS_METHODS = ['output', 'kill', 'resize'] as const

/** A container's processes are watched as well. */
const isProcess = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'pid' in value && 'output' in value

function watchProcess(process: object): void {
  for (const name of PROCESS_METHODS) if (!(name in process)) absent.add(`process.${name}`)
  watchCalls('process', process)
}

/** Notes the calls of every method that the prototype of an object has: of all objects of its kind, from now on. */
export function watchCalls(kind: string, object: object): void {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (typeof prototype !== 'object' || prototype === null || watched.has(prototype)) return
  watched.add(prototype)
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const method: unknown = descriptor.value
    if (name === 'constructor' || typeof method !== 'function') continue
    const value = spy(`${kind}.${name}`, method as Method, (result) => {
      if (isProcess(result)) watchProcess(result)
    })
    Object.defineProperty(prototype, name, { ...descriptor, value })
  }
}
