import type { ExecutionSession, ISandbox, Process, Sandbox } from '@cloudflare/sandbox'
import type { ProcessMethod } from '../../operations/client/command-operations.ts'
import type { TunnelMethod } from '../../operations/client/port-operations.ts'
import type { clientMachinery, ClientMethod } from '../../operations/client-operations.ts'
import type { PROCESS_METHODS } from './called.ts'
import type { ContainerMethod } from '../../operations/container-operations.ts'

type MethodOf<T> = Exclude<
  { [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T],
  `__${string}`
>

/** True for the same names; else the type says which ones one side lacks. */
type Same<Table, Runtime> = [Exclude<Runtime, Table>, Exclude<Table, Runtime>] extends [never, never]
  ? true
  : { readonly unnamed: Exclude<Runtime, Table>; readonly invented: Exclude<Table, Runtime> }

/** True when the table names every method of the type. */
type Names<Table, Runtime> = [Exclude<Runtime, Table>] extends [never]
  ? true
  : { readonly unnamed: Exclude<Runtime, Table> }

type Machinery = (typeof clientMachinery)[number]

/** Does not compile when the runtime grows a method that the table of operations does not name, or loses one. */
export const containerIsComplete: Same<ContainerMethod, MethodOf<Container>> = true

/** The same for a process; what it is resized by passes through. */
export const execProcessIsComplete: Same<(typeof PROCESS_METHODS)[number], MethodOf<ExecProcess>> = true

/** The same for the class of the installed 0.12 package; a terminal is opened by `getSandbox()`, not by the class. */
export const clientIsComplete: Same<Exclude<ClientMethod, 'terminal'> | Machinery, MethodOf<Sandbox>> = true

export const clientInterfaceIsComplete: Names<ClientMethod, MethodOf<ISandbox>> = true

export const sessionIsComplete: Names<ClientMethod, MethodOf<ExecutionSession>> = true

export const processIsComplete: Same<ProcessMethod, MethodOf<Process>> = true

export const tunnelsAreComplete: Same<TunnelMethod, MethodOf<Sandbox['tunnels']>> = true
