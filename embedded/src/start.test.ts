import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@clickhouse/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEmbedded, type Embedded } from './index.ts'
import { startTestEmbedded } from './testing.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandglass-start-'))
})
afterEach(async () => rm(directory, { recursive: true, force: true }))

const SLOW_MACHINE = { timeout: 20_000 }

async function ask(db: Embedded, query: string): Promise<string> {
  const headers = { 'X-ClickHouse-User': db.username, 'X-ClickHouse-Key': db.password }
  return (await fetch(db.writeUrl, { method: 'POST', headers, body: query })).text()
}

/** Statements over numbers() that run now. */
async function running(db: Embedded): Promise<number> {
  const others = "query LIKE '%numbers(%' AND query NOT LIKE '%system.processes%'"
  return Number(await ask(db, `SELECT count() FROM system.processes WHERE ${others}`))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A process of its own that owns an embedded ClickHouse. */
async function spawnOwner(dataDir: string): Promise<{ owner: ChildProcess; engine: Embedded }> {
  const index = JSON.stringify(new URL('./index.ts', import.meta.url).href)
  const script = `
    const { startEmbedded } = await import(${index})
    console.log(JSON.stringify(await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} })))
    setInterval(() => {}, 1000)`
  const args = ['--conditions=@sandglass/source', '--input-type=module', '--eval', script]
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: owner.stdout }), 'line')
  return { owner, engine: JSON.parse(line) as Embedded }
}

describe('the owner dies by kill -9', () => {
  test('the engine ends too, and a restart at once has every acknowledged row', async () => {
    const { owner, engine } = await spawnOwner(directory)
    await ask(engine, 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a')
    let acknowledged = 0
    const inserting = (async () => {
      for (;;) {
        if ((await ask(engine, `INSERT INTO t VALUES (${acknowledged})`)) !== '') return
        if (++acknowledged === 20) owner.kill('SIGKILL')
      }
    })()
    await inserting.catch(() => {})
    const db = await startEmbedded({ dataDir: directory })
    await expect.poll(() => isAlive(engine.pid), SLOW_MACHINE).toBe(false)
    expect(Number(await ask(db, `SELECT uniqExact(a) FROM t WHERE a < ${acknowledged}`))).toBe(acknowledged)
    await db.stop()
  })

  test('a long query does not keep the engine alive', async () => {
    const { owner, engine } = await spawnOwner(directory)
    const query = ask(engine, 'SELECT count() FROM numbers(1000000000000)').catch(() => {})
    await expect.poll(() => running(engine), SLOW_MACHINE).toBe(1)
    owner.kill('SIGKILL')
    await expect.poll(() => isAlive(engine.pid), SLOW_MACHINE).toBe(false)
    await query
  })
})

describe('a directory that cannot be used', () => {
  test('one that is in use is refused at once, naming the process that has it', async () => {
    const first = await startEmbedded({ dataDir: directory })
    const before = performance.now()
    await expect(startEmbedded({ dataDir: directory })).rejects.toThrow(
      new RegExp(
        `data directory .* is in use by process ${first.pid} \\(started by process ${process.pid}\\)`,
      ),
    )
    expect(performance.now() - before).toBeLessThan(5000)
    expect(await ask(first, 'SELECT 1')).toBe('1\n')
    await first.stop()
  })

  test('one that cannot be created or written is refused with the reason', async () => {
    await writeFile(join(directory, 'file'), '')
    await expect(startEmbedded({ dataDir: join(directory, 'file', 'below') })).rejects.toThrow(
      /data directory .*below cannot be used: ENOTDIR.*Make it writable or choose another/,
    )
    await expect(startEmbedded({ dataDir: '/sys/nope' })).rejects.toThrow(
      /data directory \/sys\/nope cannot be used/,
    )
  })

  test('one whose path would be read as a pattern is refused', async () => {
    await expect(startEmbedded({ dataDir: join(directory, 'a{b}') })).rejects.toThrow(/one of the characters/)
  })
})

describe('ports', () => {
  test('a taken port is named', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    for (const ports of [{ writePort: port }, { readPort: port }]) {
      await expect(startEmbedded({ dataDir: directory, ...ports })).rejects.toThrow(
        `cannot listen on 127.0.0.1:${port}: the port is in use`,
      )
    }
    server.close()
  })

  test('the read port is not opened to the network without a token', async () => {
    await expect(startEmbedded({ dataDir: directory, readHost: '0.0.0.0' })).rejects.toThrow(/set readToken/)
    await expect(startEmbedded({ dataDir: directory, readToken: '' })).rejects.toThrow(/readToken is empty/)
    const db = await startEmbedded({ dataDir: directory, readHost: '0.0.0.0', readToken: 'x' })
    await db.stop()
  })
})

test('the credentials file is for the owner alone, works, and goes when the engine goes', async () => {
  await writeFile(join(directory, 'credentials.json'), 'old', { mode: 0o644 })
  const db = await startEmbedded({ dataDir: directory })
  expect((await stat(db.credentialsFile)).mode & 0o777).toBe(0o600)
  const client = createClient(JSON.parse(await readFile(db.credentialsFile, 'utf8')))
  expect(await client.ping({ select: true })).toEqual({ success: true })
  await client.close()
  await db.stop()
  expect(existsSync(db.credentialsFile)).toBe(false)
})

describe('what is stored', () => {
  const rows = "SELECT name FROM system.tables WHERE database = 'default' ORDER BY name"

  test('tables, views and databases are there again after a restart, also when there were none', async () => {
    let expected = ''
    for (const [command, after] of [
      ['CREATE DATABASE other', ''],
      ['CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a', 't\n'],
      ['DETACH TABLE t PERMANENTLY', ''],
      ['ATTACH TABLE t', 't\n'],
      ['DROP TABLE t SYNC', ''],
      ['SELECT 1 FORMAT Null', ''],
    ] as const) {
      const db = await startEmbedded({ dataDir: directory })
      expect(await ask(db, rows), command).toBe(expected)
      expect(await ask(db, "SELECT engine FROM system.databases WHERE name = 'default'")).toBe('Atomic\n')
      expect(await ask(db, command)).toBe('')
      expected = after
      await db.stop()
    }
  })

  test('the database does not overlay the file system', async () => {
    const file = join(directory, 'rows.csv')
    await mkdir(directory, { recursive: true })
    await writeFile(file, 'secret\n')
    const db = await startTestEmbedded()
    for (const name of [`"${file}"`, `default."${file}"`, `'${file}'`]) {
      expect(await ask(db, `SELECT * FROM ${name}`)).toMatch(/UNKNOWN_TABLE/)
    }
    await db.stop()
  })
})

describe('the end', () => {
  test('stop cancels queries, finishes what writes, and says how it ended', async () => {
    const db = await startEmbedded({ dataDir: directory })
    await ask(db, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a')
    const insert = ask(db, 'INSERT INTO t SELECT number + sleepEachRow(0.1) FROM numbers(15)')
    const query = ask(db, 'SELECT count() FROM numbers(1000000000000)')
    await expect.poll(() => running(db), SLOW_MACHINE).toBe(2)
    await Promise.all([db.stop(), db.stop()])
    expect(await insert).toBe('')
    expect(await query).toMatch(/QUERY_WAS_CANCELLED/)
    expect(await db.exited).toEqual({ code: 0, signal: null })
    expect(isAlive(db.pid)).toBe(false)
    const again = await startEmbedded({ dataDir: directory })
    expect(await ask(again, 'SELECT count() FROM t')).toBe('15\n')
    await again.stop()
  })

  test('an engine that is killed is reported, and stop is still fine', async () => {
    const db = await startEmbedded({ dataDir: directory })
    process.kill(db.pid, 'SIGKILL')
    expect(await db.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await db.stop()
  })

  test('an interrupt of the terminal is left to the owner, a SIGTERM ends in good order', async () => {
    const db = await startEmbedded({ dataDir: directory })
    process.kill(db.pid, 'SIGINT')
    expect(await ask(db, 'SELECT 1')).toBe('1\n')
    process.kill(db.pid, 'SIGTERM')
    expect(await db.exited).toEqual({ code: 0, signal: null })
  })
})
