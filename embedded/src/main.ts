import { availableParallelism } from 'node:os'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, writeFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { concurrencyFor, WAITING_MAX } from './concurrency.ts'
import { lockDirectory } from './disk/lock.ts'
import { openScratch } from './disk/scratch.ts'
import { loadBinding } from './engine/binding.ts'
import { openEngine } from './engine/engine.ts'
import { createHttpServer } from './http/server.ts'
import { requireUser, WRITE_POLICY } from './http/write-port.ts'
import type { Start, ToChild, ToParent } from './protocol.ts'
import { createSlots } from './slots.ts'

process.once('disconnect', () => process.exit(0))
const [message] = (await once(process, 'message')) as [ToChild]
if (message.type === 'start')
  await start(message).catch((e: unknown) => tell({ type: 'failed', message: String(e) }))

function tell(m: ToParent): void {
  process.send?.(m)
}

async function start(o: Start): Promise<void> {
  mkdirSync(o.dataDir, { recursive: true, mode: 0o700 })
  const dataDir = realpathSync(o.dataDir)
  const lock = lockDirectory(dataDir)
  const scratch = await openScratch(join(dataDir, 'scratch'))
  const engine = await openEngine(loadBinding(), join(dataDir, 'engine'))
  const c = concurrencyFor(availableParallelism())
  const insertSlots = createSlots({ name: 'inserts', concurrent: c.inserts, waiting: WAITING_MAX })
  const querySlots = createSlots({ name: 'queries', concurrent: c.queries, waiting: WAITING_MAX })
  const credentialsFile = join(dataDir, 'credentials.json')
  const base = { engine, scratch, insertSlots, querySlots, version: '26.7' }
  const write = createHttpServer({
    ...base,
    policy: WRITE_POLICY,
    authenticate: requireUser(o.username, o.password, credentialsFile),
  })
  const read = createHttpServer({
    ...base,
    policy: { admit: async () => {}, settings: (r) => new Map([...r.settings, ['readonly', '1']]) },
    authenticate: () => {},
  })
  const writePort = await listen(write, '127.0.0.1', o.writePort)
  const readPort = await listen(read, o.readHost, o.readPort)
  writeFileSync(
    credentialsFile,
    JSON.stringify({ url: `http://127.0.0.1:${writePort}`, username: o.username, password: o.password }),
    { mode: 0o600 },
  )
  process.on('message', () => {
    write.closeAllConnections()
    engine.close()
    lock.release()
    process.exit(0)
  })
  tell({ type: 'ready', writePort, readPort, credentialsFile })
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
