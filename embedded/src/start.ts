import { randomBytes } from 'node:crypto'
import type { Embedded, EmbeddedOptions } from './options.ts'
import { spawnEngineProcess } from './engine-process.ts'
import type { Start } from './protocol.ts'

/** The only user of the write port. */
const USERNAME = 'sandglass'
const PASSWORD_BYTES = 24

/**
 * Starts ClickHouse in a child process and waits until both its ports answer.
 * @throws Error that names what stands in the way: the directory's owner, an unwritable path, a port in use.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const start = startMessage(options)
  const engine = spawnEngineProcess(options.log ?? (() => {}))
  const ready = await engine.start(start)
  return {
    writeUrl: `http://127.0.0.1:${ready.writePort}`,
    readUrl: `http://${inUrl(start.readHost)}:${ready.readPort}`,
    username: start.username,
    password: start.password,
    credentialsFile: ready.credentialsFile,
    pid: engine.pid,
    exited: engine.exited,
    stop: async () => {
      engine.askToStop()
      await engine.exited
    },
  }
}

function startMessage(options: EmbeddedOptions): Start {
  const { dataDir, writePort = 0, readPort = 0, readHost = '127.0.0.1', readToken } = options
  const readTenants = tenantsByToken(options)
  if (dataDir === '') throw new Error('dataDir is empty: name a directory for the database')
  if (readToken === '') throw new Error('readToken is empty: leave it out, or choose one')
  if (readToken === undefined && readTenants === undefined && !LOOPBACK.test(readHost)) {
    throw new Error(
      `the read port would be open to all on ${readHost}: set readToken or readTenants, or listen on 127.0.0.1`,
    )
  }
  const token = readToken === undefined ? {} : { readToken }
  const tenants = readTenants === undefined ? {} : { readTenants }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  return {
    type: 'start',
    dataDir,
    writePort,
    readPort,
    readHost,
    ...token,
    ...tenants,
    username: USERNAME,
    password,
  }
}

/** Each token opens something, and not all there is. */
function tenantsByToken({ readTenants, readToken }: EmbeddedOptions): Start['readTenants'] {
  if (readTenants === undefined) return undefined
  const entries = Object.entries(readTenants).map(([token, tenants]) => [token, [tenants].flat()] as const)
  for (const [token, tenants] of entries) {
    if (token === '' || token === readToken)
      throw new Error('readTenants has a token that is empty or the readToken itself: choose another')
    if (tenants.length === 0 || tenants.some((tenant) => tenant === '' || tenant === '*'))
      throw new Error(
        `readTenants opens [${tenants.join(', ')}]: name at least one tenant, and none that is empty or "*"`,
      )
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** An IPv6 address stands in brackets in a URL. */
function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
