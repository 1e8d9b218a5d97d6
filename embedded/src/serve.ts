import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { concurrencyFor, WAITING_MAX } from './concurrency.ts'
import { prepareDataDirectory, writeCredentials } from './disk/data-directory.ts'
import { lockDirectory, type DirectoryLock } from './disk/lock.ts'
import { openScratch } from './disk/scratch.ts'
import { loadBinding } from './engine/binding.ts'
import { openEngine } from './engine/engine.ts'
import { createGuard } from './guard/guard.ts'
import { listen } from './http/listen.ts'
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
  const { queries, inserts } = concurrencyFor(availableParallelism())
  const querySlots = new Slots({ name: 'queries', concurrent: queries, waiting: WAITING_MAX })
  const insertSlots = new Slots({ name: 'inserts', concurrent: inserts, waiting: WAITING_MAX })
  const about = {
    version: await engine.ask('SELECT version()'),
    timezone: await engine.ask('SELECT timezone()'),
  }
  const shared = { engine, scratch, querySlots, insertSlots, about }

  const { username, password } = start
  const write = createHttpServer({
    ...shared,
    policy: WRITE_POLICY,
    authenticate: requireUser(username, password, directory.credentialsFile),
  })
  const read = createHttpServer({
    ...shared,
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
      for (const server of [write, read]) server.close().closeIdleConnections()
      const drained = Promise.all([insertSlots.close(), querySlots.close()])
      await engine.cancel(CANCELLABLE)
      await drained
      rmSync(directory.credentialsFile, { force: true })
      engine.close()
    },
  }
}

const LOOPBACK = '127.0.0.1'
