import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { concurrencyFor, WAITING_MAX, type Concurrency } from './concurrency.ts'
import { prepareDataDirectory, writeCredentials, type DataDirectory } from './disk/data-directory.ts'
import { lockDirectory, type DirectoryLock } from './disk/lock.ts'
import { openScratch } from './disk/scratch.ts'
import { loadBinding } from './engine/binding.ts'
import { openEngine, type Engine } from './engine/engine.ts'
import { createGuard, type Guard } from './guard/guard.ts'
import { createTenantFilters } from './guard/tenants.ts'
import { cancelUntil } from './http/cancel.ts'
import { closeServer, listen } from './http/listen.ts'
import { CANCELLABLE } from './http/query.ts'
import { authorizeLoopback, authorizeTokens, operatorPolicy, tenantPolicy } from './http/read-port.ts'
import { createHttpServer, type Port } from './http/server.ts'
import { requireUser } from './http/write-port.ts'
import type { Ready, Start } from './protocol.ts'
import { Slots } from './slots.ts'

/** The engine and both its ports, answering. */
export interface Service {
  /** Held until the process ends, so that nobody opens the directory while engine threads still run. */
  readonly lock: DirectoryLock
  readonly ready: Ready
  /** Cancels queries and finishes inserts and commands, then closes everything. */
  stop(): Promise<void>
}

/** The write port is never anywhere else. */
const LOOPBACK = '127.0.0.1'
/** How long a stop waits for answers that are still being read. */
const ANSWER_MS = 2_000

/**
 * Builds the engine process: directory, lock, engine, ports, in this order.
 * @throws Error that says what to do, see each step.
 */
export async function serve(start: Start): Promise<Service> {
  const directory = prepareDataDirectory(start.dataDir)
  const lock = lockDirectory(directory.path)
  const engine = await openEngine(loadBinding(), directory.engine)
  const slots = createSlots()
  const ports = await createPorts(start, directory, engine, slots)
  const ready = await openPorts(start, directory, ports)
  return {
    lock,
    ready,
    stop: async () => {
      const answered = Promise.all([closeServer(ports.write), closeServer(ports.read)])
      const drained = Promise.all(Object.values(slots).map((kind) => kind.close()))
      await cancelUntil(engine, CANCELLABLE, drained)
      await Promise.race([answered, delay(ANSWER_MS)])
      rmSync(directory.credentialsFile, { force: true })
      engine.close()
    },
  }
}

type AllSlots = Readonly<Record<keyof Concurrency, Slots>>

function createSlots(): AllSlots {
  const limits = concurrencyFor(availableParallelism())
  const of = (name: keyof Concurrency): Slots =>
    new Slots({ name, concurrent: limits[name], waiting: WAITING_MAX })
  return { reads: of('reads'), work: of('work'), inserts: of('inserts') }
}

interface Ports {
  readonly write: Server
  readonly read: Server
}

async function createPorts(
  start: Start,
  directory: DataDirectory,
  engine: Engine,
  { inserts, work, reads }: AllSlots,
): Promise<Ports> {
  const { username, password } = start
  const [version, timezone] = await Promise.all([
    engine.ask('SELECT version()'),
    engine.ask('SELECT timezone()'),
  ])
  const shared = {
    engine,
    inserts,
    scratch: await openScratch(directory.scratch),
    about: { version, timezone },
  }
  const write = {
    statements: work,
    authorize: requireUser(username, password, directory.credentialsFile),
  }
  const read = {
    statements: reads,
    authorize: readAccess(start, await createGuard(engine), engine),
  }
  return { write: createHttpServer({ ...shared, ...write }), read: createHttpServer({ ...shared, ...read }) }
}

function readAccess({ readToken, readTenants = {} }: Start, guard: Guard, engine: Engine): Port['authorize'] {
  const operator = operatorPolicy(guard)
  const filters = createTenantFilters(engine)
  const tokens = new Map(
    Object.entries(readTenants).map(([token, tenants]) => [token, tenantPolicy(guard, filters, tenants)]),
  )
  if (readToken !== undefined) tokens.set(readToken, operator)
  return tokens.size === 0 ? authorizeLoopback(operator) : authorizeTokens(tokens)
}

async function openPorts(
  start: Start,
  { credentialsFile }: DataDirectory,
  { write, read }: Ports,
): Promise<Ready> {
  const { username, password, readHost } = start
  const writePort = await listen(write, LOOPBACK, start.writePort)
  const readPort = await listen(read, readHost, start.readPort)
  writeCredentials(credentialsFile, { url: `http://${LOOPBACK}:${writePort}`, username, password })
  return { type: 'ready', writePort, readPort, credentialsFile }
}
