import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { concurrencyFor, WAITING_MAX, type Concurrency } from './concurrency.ts'
import { prepareDataDirectory, writeCredentials } from './disk/data-directory.ts'
import { lockDirectory, type DirectoryLock } from './disk/lock.ts'
import { openScratch } from './disk/scratch.ts'
import { loadBinding } from './engine/binding.ts'
import { openEngine } from './engine/engine.ts'
import { createGuard } from './guard/guard.ts'
import { cancelUntil } from './http/cancel.ts'
import { closeServer, listen } from './http/listen.ts'
import { CANCELLABLE } from './http/query.ts'
import { readPolicy, requireLoopback, requireToken } from './http/read-port.ts'
import { createHttpServer } from './http/server.ts'
import { requireUser, WRITE_POLICY } from './http/write-port.ts'
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

/**
 * Builds the engine process: directory, lock, engine, guard, ports, in this order.
 * @throws Error that says what to do, see each step.
 */
export async function serve(start: Start): Promise<Service> {
  const directory = prepareDataDirectory(start.dataDir)
  const lock = lockDirectory(directory.path)
  const scratch = await openScratch(directory.scratch)
  const engine = await openEngine(loadBinding(), directory.engine)
  const limits = concurrencyFor(availableParallelism())
  const slotsFor = (name: keyof Concurrency): Slots =>
    new Slots({ name, concurrent: limits[name], waiting: WAITING_MAX })
  const [reads, work, inserts] = [slotsFor('reads'), slotsFor('work'), slotsFor('inserts')]
  const about = {
    version: await engine.ask('SELECT version()'),
    timezone: await engine.ask('SELECT timezone()'),
  }
  const shared = { engine, scratch, inserts, about }

  const { username, password } = start
  const write = createHttpServer({
    ...shared,
    statements: work,
    policy: WRITE_POLICY,
    authenticate: requireUser(username, password, directory.credentialsFile),
  })
  const read = createHttpServer({
    ...shared,
    statements: reads,
    policy: readPolicy(await createGuard(engine)),
    authenticate: start.readToken === undefined ? requireLoopback : requireToken(start.readToken),
  })
  const writePort = await listen(write, LOOPBACK, start.writePort)
  const readPort = await listen(read, start.readHost, start.readPort)
  writeCredentials(directory.credentialsFile, { url: `http://${LOOPBACK}:${writePort}`, username, password })

  return {
    lock,
    ready: { type: 'ready', writePort, readPort, credentialsFile: directory.credentialsFile },
    stop: async () => {
      const answered = Promise.all([closeServer(write), closeServer(read)])
      const drained = Promise.all([reads, work, inserts].map((slots) => slots.close()))
      await cancelUntil(engine, CANCELLABLE, drained)
      await Promise.race([answered, delay(ANSWER_MS)])
      rmSync(directory.credentialsFile, { force: true })
      engine.close()
    },
  }
}

const LOOPBACK = '127.0.0.1'
/** How long a stop waits for answers that are still being read. */
const ANSWER_MS = 2_000
