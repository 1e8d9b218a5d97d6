import { attempt, describe } from './describe.ts'
import { started, call, callTorn, pause, type Scenario } from './stage.ts'

/** Starting a server takes its time on a busy machine: at most 30 s. */
const ANSWER_TRIES = 300
const ANSWER_PAUSE_MS = 100

/** On the container's own address: what else listens on this machine, or leaves from it, has other addresses. */
const HTTP_SERVER = `
require('http').createServer((q, s) => { let b = ''; q.on('data', c => b += c).on('end', () =>
  s.writeHead(q.url === '/teapot' ? 418 : 200, { 'x-method': q.method }).end('got ' + b)) }).listen(PORT, process.env.SANDGLASS_ADDRESS)
`

/** The container itself: its kind, its life, its ports and the rest of its methods. */
export const containerScenarios: Readonly<Record<string, Scenario>> = {
  'object: kind, properties, method names and identities': async ({ container }) => ({
    tag: Object.prototype.toString.call(container),
    constructor: container.constructor.name,
    keys: Object.keys(container),
    has: ['exec', 'running', 'nothing'].map((name) => name in container),
    prototype: Object.getOwnPropertyNames(Object.getPrototypeOf(container)).toSorted(),
    methods: Object.getOwnPropertyNames(Object.getPrototypeOf(container))
      .toSorted()
      .map((name) => {
        const value: unknown = Reflect.get(container, name)
        return typeof value === 'function'
          ? [name, value.name, value.length, value === Reflect.get(container, name)]
          : name
      }),
    unknown: describe(Reflect.get(container, 'nothing')),
    images: describe(container.images),
  }),
  'object: a method torn off it': async (stage) => {
    const container = await started(stage)
    return [
      await attempt(() => callTorn(container, 'exec', [['true']])),
      await attempt(() => callTorn(container, 'destroy', [])),
    ]
  },
  'running, start: before, after, twice, with bad options': async ({ container }) => [
    container.running,
    await attempt(() => call(container, 'start', [{ entrypoint: 7, enableInternet: 'x' }])),
    await attempt(() => container.start({ entrypoint: ['sleep', '600'], enableInternet: false })),
    container.running,
    await attempt(() => container.start()),
  ],
  'monitor, destroy: resolves, rejects, in which order': async (stage) => {
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    const monitored = attempt(() => container.monitor())
    const destroyed = await attempt(() => container.destroy())
    return [destroyed, await monitored, container.running, await attempt(() => container.monitor())]
  },
  'destroy: with a reason, and when not running': async (stage) => {
    const idle = await attempt(() => stage.container.destroy())
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    const monitored = attempt(() => container.monitor())
    const destroyed = await attempt(() => container.destroy(new Error('over budget')))
    return [idle, destroyed, await monitored]
  },
  'monitor: the entry process exits': async ({ container }) => {
    container.start({ entrypoint: ['sh', '-c', 'sleep 0.3; exit 7'], enableInternet: false })
    const exited = await attempt(() => container.monitor())
    return [exited, container.running]
  },
  'signal: reaches the entry process': async (stage) => {
    const idle = await attempt(() => stage.container.signal(15))
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    const monitored = attempt(() => container.monitor())
    return [idle, await attempt(() => container.signal(15)), await monitored]
  },
  'exec: calls after destroy': async (stage) => {
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    const monitored = container.monitor().catch(() => {})
    await container.destroy()
    await monitored
    return [await attempt(() => container.exec(['true'])), await attempt(() => container.inspect())]
  },
  'getTcpPort: fetch and connect': async (stage) => {
    const container = await started(stage)
    const server = await container.exec(['node', '-e', HTTP_SERVER.replace('PORT', String(stage.port))])
    const port = container.getTcpPort(stage.port)
    let answer: unknown
    for (let tries = 0; tries < ANSWER_TRIES; tries++) {
      answer = await attempt(async () => {
        const response = await port.fetch('http://box/teapot', { method: 'PUT', body: 'tea' })
        return [
          response.status,
          response.headers.get('x-method'),
          await response.text(),
          response.constructor.name,
        ]
      })
      if (typeof answer === 'object' && answer !== null && 'resolved' in answer) break
      await pause(ANSWER_PAUSE_MS)
    }
    server.kill(9)
    await server.exitCode
    return [
      answer,
      port.constructor.name,
      typeof port.connect,
      await attempt(() => call(container, 'getTcpPort', [70_000])),
    ]
  },
  'setInactivityTimeout, inspect': async (stage) => {
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    return [
      await attempt(() => container.setInactivityTimeout(60_000)),
      await attempt(() => call(container, 'setInactivityTimeout', [-1])),
      await attempt(() => container.inspect()),
    ]
  },
  'interceptOutbound: http, all, https': async (stage) => {
    const { container, fetcher } = stage
    return [
      await attempt(() => container.interceptOutboundHttp('api.example', fetcher)),
      await attempt(() => container.interceptAllOutboundHttp(fetcher)),
      await attempt(() => container.interceptOutboundHttps('*.example', fetcher)),
      await attempt(() => call(container, 'interceptOutboundHttp', ['api.example'])),
    ]
  },
  snapshotContainer: async (stage) => {
    const container = await started(stage)
    await (
      await container.exec(['true'])
    ).exitCode
    return attempt(async () => {
      const { id, ...rest } = await container.snapshotContainer({ name: 'one' })
      return { ...rest, id: typeof id }
    })
  },
}
