/** What the SDK uses of Node's module, which Workers have with `nodejs_compat` and their types do not name. */
declare module 'node:async_hooks' {
  export class AsyncLocalStorage<T> {
    getStore(): T | undefined
    run<R>(store: T, callback: () => R): R
  }
}
