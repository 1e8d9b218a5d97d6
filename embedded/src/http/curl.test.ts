import { execFile } from 'node:child_process'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

/** What people type: curl against both ports. */

let db: TestEmbedded
let files: string
beforeAll(async () => {
  db = await startTestEmbedded()
  files = await mkdtemp(join(tmpdir(), 'sandglass-curl-'))
  await write('-d', 'CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a')
})
afterAll(async () => {
  await db.stop()
  await rm(files, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: ReadonlyMap<string, string>
}

async function curl(url: string, args: readonly string[]): Promise<Answer> {
  const output = await new Promise<string>((resolve, reject) => {
    const all = ['--silent', '--show-error', '--include', '--http1.1', '--header', 'Expect:', ...args, url]
    execFile('curl', all, { encoding: 'latin1' }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
  })
  const [head = '', ...body] = output.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map((line) => [line.split(': ', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: /, '')]),
  )
  return { status: Number(first.split(' ')[1]), headers, body: body.join('\r\n\r\n') }
}

async function write(...args: string[]): Promise<Answer> {
  return writeQuery('', ...args)
}

async function writeQuery(query: string, ...args: string[]): Promise<Answer> {
  const auth = [
    '--header',
    `X-ClickHouse-User: ${db.username}`,
    '--header',
    `X-ClickHouse-Key: ${db.password}`,
  ]
  return curl(`${db.writeUrl}/${query === '' ? '' : `?query=${encodeURIComponent(query)}`}`, [
    ...auth,
    ...args,
  ])
}

async function read(path: string, ...args: string[]): Promise<Answer> {
  return curl(db.readUrl + path, args)
}

test('a statement may be in the URL, in the body, or begin in one and end in the other', async () => {
  expect((await read('/?query=SELECT%201')).body).toBe('1\n')
  expect((await read('/', '-d', 'SELECT 2')).body).toBe('2\n')
  expect((await read('/?query=SELECT', '-d', '3')).body).toBe('3\n')
})

test('/ping answers Ok. without credentials, an unknown path 404, another method 405', async () => {
  expect(await read('/ping')).toMatchObject({ status: 200, body: 'Ok.\n' })
  expect(await curl(`${db.writeUrl}/ping`, [])).toMatchObject({ status: 200, body: 'Ok.\n' })
  expect((await read('/nope')).status).toBe(404)
  expect((await read('/?query=SELECT%201', '-X', 'DELETE')).status).toBe(405)
})

test('the format comes from the statement, else default_format, else X-ClickHouse-Format, else TabSeparated', async () => {
  const header = ['--header', 'X-ClickHouse-Format: JSONEachRow']
  expect((await read('/?query=SELECT%201%20AS%20a%20FORMAT%20CSV&default_format=JSON', ...header)).body).toBe(
    '1\n',
  )
  expect((await read('/?query=SELECT%201%20AS%20a&default_format=JSONCompactEachRow', ...header)).body).toBe(
    '[1]\n',
  )
  const answer = await read('/?query=SELECT%201%20AS%20a', ...header)
  expect(answer.body).toBe('{"a":1}\n')
  expect(answer.headers.get('x-clickhouse-format')).toBe('JSONEachRow')
  expect((await read('/?query=SELECT%201')).headers.get('content-type')).toBe(
    'text/tab-separated-values; charset=UTF-8',
  )
})

test('a response names its query, its format and what it read', async () => {
  const { headers } = await read('/?query=SELECT%201&query_id=mine')
  expect(headers.get('x-clickhouse-query-id')).toBe('mine')
  expect(headers.get('x-clickhouse-timezone')).not.toBe('')
  expect(JSON.parse(headers.get('x-clickhouse-summary') ?? '')).toMatchObject({
    read_rows: '1',
    result_rows: '1',
  })
})

test('an error has the status and the number of the server', async () => {
  const unknown = await write('-d', 'SELECT * FROM nope')
  expect(unknown.status).toBe(404)
  expect(unknown.headers.get('x-clickhouse-exception-code')).toBe('60')
  expect(unknown.body).toMatch(/^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version 26\.7[\d.]*\)\n$/s)
  expect((await write('-d', 'SELEC 1')).status).toBe(400)
  expect((await write('-d', '')).status).toBe(400)
  expect((await write('-d', 'SELECT 1; SELECT 2')).body).toMatch(/Multi-statements are not allowed/)
  expect((await writeQuery('SELECT 1', '--user', 'sandglass:wrong')).status).toBe(403)
})

test('rows may follow the header in the body, in every way the server allows', async () => {
  await write('--data-binary', 'TRUNCATE TABLE t')
  const bodies = [
    "INSERT INTO t VALUES (1, 'a'), (2, upper('b'))",
    'INSERT INTO t (a, s) FORMAT JSONEachRow\n{"a":3,"s":"c;d"}\n{"a":4,"s":"-- e"}',
    'insert into `default`."t" /* FORMAT CSV */ settings max_threads = 1 format CSV 5,"f"\n6,"VALUES"\n',
    'INSERT INTO TABLE t(s, a) FORMAT TSV\r\ng\t7\n',
    "INSERT INTO t SELECT 8, 'h'",
    "INSERT INTO t WITH 9 AS n SELECT n, 'i'",
  ]
  for (const body of bodies)
    expect(await write('--data-binary', body)).toMatchObject({ status: 200, body: '' })
  const { body } = await write('-d', 'SELECT a, s FROM t ORDER BY a FORMAT TSV')
  expect(body).toBe('1\ta\n2\tB\n3\tc;d\n4\t-- e\n5\tf\n6\tVALUES\n7\tg\n8\th\n9\ti\n')
})

test('rows may follow a header in the URL, plain or compressed', async () => {
  await write('-d', 'TRUNCATE TABLE t')
  const rows = Buffer.from('{"a":1,"s":"x"}\n')
  for (const [encoding, bytes] of [
    ['identity', rows],
    ['gzip', gzipSync(rows)],
    ['zstd', zstdCompressSync(rows)],
  ] as const) {
    const file = join(files, encoding)
    await writeFile(file, bytes)
    const header = ['--header', `Content-Encoding: ${encoding}`]
    const answer = await writeQuery(
      'INSERT INTO t FORMAT JSONEachRow',
      ...header,
      '--data-binary',
      `@${file}`,
    )
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ written_rows: '1' })
  }
  expect((await write('-d', 'SELECT count() FROM t')).body).toBe('3\n')
})

test('a body that is not what its encoding says is the sender’s error', async () => {
  const args = ['--header', 'Content-Encoding: gzip', '--data-binary', 'this is not gzip']
  const answer = await writeQuery('INSERT INTO t FORMAT CSV', ...args)
  expect(answer.status).toBe(400)
  expect(answer.body).toMatch(/CANNOT_DECOMPRESS/)
})

test('a GET on the write port does not write', async () => {
  const { body } = await writeQuery('DROP TABLE t', '--get')
  expect(body).toMatch(/READONLY/)
})

test('results are compressed when asked for by header and setting', async () => {
  const compressed = await read(
    '/?query=SELECT%201&enable_http_compression=1',
    '--header',
    'Accept-Encoding: gzip',
    '--compressed',
  )
  expect(compressed).toMatchObject({ status: 200, body: '1\n' })
  expect(compressed.headers.get('content-encoding')).toBe('gzip')
  const plain = await read('/?query=SELECT%201', '--header', 'Accept-Encoding: gzip')
  expect(plain.headers.has('content-encoding')).toBe(false)
})

test('what is not supported says so: sessions, roles, the native compressed framing', async () => {
  for (const part of ['session_id=s', 'role=r', 'compress=1', 'decompress=1']) {
    const answer = await read(`/?query=SELECT%201&${part}`)
    expect(answer.status).toBe(501)
    expect(answer.body).toMatch(/NOT_IMPLEMENTED/)
  }
})
