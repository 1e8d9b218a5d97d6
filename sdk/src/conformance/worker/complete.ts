import type { ISandbox } from '@cloudflare/sandbox'
import type { ClientMethod } from '../../operations/client-operations.ts'
import type { ContainerMethod } from '../../operations/container-operations.ts'

type MethodOf<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T]

/** True for the same names; else the type says which ones one side lacks. */
type Same<Table, Runtime> = [Exclude<Runtime, Table>, Exclude<Table, Runtime>] extends [never, never]
  ? true
  : { readonly unnamed: Exclude<Runtime, Table>; readonly invented: Exclude<Table, Runtime> }

/** Does not compile when the runtime grows a method that the table of operations does not name, or loses one. */
export const containerIsComplete: Same<ContainerMethod, MethodOf<Container>> = true

/** The same for the client of the installed 0.12 package; `getSession` is on the class alone. */
export const clientIsComplete: Same<Exclude<ClientMethod, 'getSession'>, MethodOf<ISandbox>> = true
