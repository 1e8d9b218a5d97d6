import { createServer } from 'node:http'
import type { Server } from 'node:http'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestWorker } from '../testing/workerd.ts'
import type { TestWorker } from '../testing/workerd.ts'
import { listen } from './loopback.ts'

let worker: TestWorker
let outside: Server
let outsidePort: number
beforeAll(async () => {
  worker = await startTestWorker()
  outside = createServer((request, response) => response.end(`outside ${request.url ?? ''}`))
  outsidePort = await listen(outside)
})
afterAll(async () => {
  outside.close()
  await worker.stop()
})

/** Asks through the proxy even for loopback addresses. */
function fetchInside(box: string, url: string): Promise<string> {
  const code = `fetch(${JSON.stringify(url)}, { method: 'POST', body: 'x', headers: { 'x-note': 'n' } })
    .then(async (r) => console.log(r.status, await r.text()), (e) => console.log('failed', e.message))`
  return worker.run(
    box,
    async ({ container }, program) => {
      const options = { env: { NO_PROXY: '', no_proxy: '' } }
      const { stdout } = await (await container.exec(['node', '-e', program], options)).output()
      return new TextDecoder().decode(stdout).trim()
    },
    code,
  )
}

test('a request of the container is answered by the Worker that intercepts its host', async () => {
  await worker.start('out')
  await worker.run('out', ({ container, exports }) =>
    container.interceptOutboundHttp('api.test', exports.Outbound({})),
  )
  expect(await fetchInside('out', 'http://api.test/v1?q=1')).toBe(
    '200 intercepted POST http://api.test/v1?q=1 n',
  )
})

test('so is one that names the whole address to the proxy, as curl does', async () => {
  await worker.start('plain')
  const answer = await worker.run('plain', async ({ container, exports }) => {
    await container.interceptOutboundHttp('api.test', exports.Outbound({}))
    const program = `const { hostname, port } = new URL(process.env.http_proxy)
      const path = 'http://api.test/v2'
      http.get({ hostname, port, path, headers: { host: 'api.test', 'x-note': 'm' } }, (answer) => answer.pipe(process.stdout))`
    const { stdout } = await (await container.exec(['node', '-e', program])).output()
    return new TextDecoder().decode(stdout)
  })
  expect(answer).toBe('intercepted GET http://api.test/v2 m')
})

test('a host that nothing intercepts is refused without internet', async () => {
  await worker.start('closed')
  expect(await fetchInside('closed', `http://127.0.0.1:${outsidePort}/a`)).not.toContain('outside')
})

test('a host that nothing intercepts is reached with internet', async () => {
  await worker.start('open', { enableInternet: true })
  expect(await fetchInside('open', `http://127.0.0.1:${outsidePort}/a`)).toBe('200 outside /a')
})

test('the Worker reaches a port of the container, and learns when nothing listens', async () => {
  await worker.start('in')
  const answer = await worker.run('in', async ({ container, sh }) => {
    const server = `require('http').createServer((q, r) => r.end('inside ' + q.url)).listen(0, function () {
      require('fs').writeFileSync('port', String(this.address().port)) })`
    await container.exec(['node', '-e', server])
    const { stdout } = await sh('while [ ! -s port ]; do sleep 0.02; done; cat port')
    const inside = await (await container.getTcpPort(Number(stdout)).fetch('http://container/x')).text()
    const refused = await container
      .getTcpPort(1)
      .fetch('http://container/')
      .catch((error: unknown) => String(error))
    return { inside, refused }
  })
  expect(answer.inside).toBe('inside /x')
  expect(answer.refused).toContain('not listening')
})
