import { attempt, describe } from '../../worker/describe.ts'
import { call, logged, process, type Scenario } from './stage.ts'

export const sandboxScenarios: Readonly<Record<string, Scenario>> = {
  'object: what it is, and what it is not': async ({ sandbox }) => {
    const anything = sandbox as unknown as Record<string, unknown>
    return {
      type: typeof sandbox,
      id: String(anything['id']).length,
      name: typeof anything['name'],
      unknown: typeof anything['nothingLikeThis'],
      has: ['exec', 'nothingLikeThis'].map((name) => name in sandbox),
      methods: ['exec', 'destroy', 'setLabels'].map((name) => typeof anything[name]),
      called: await attempt(() => call(sandbox, 'nothingLikeThis')),
    }
  },
  'life: start, state, stop, destroy': async ({ sandbox }) => [
    await attempt(() => sandbox.getState().then(({ status }) => status)),
    await attempt(() => sandbox.setLabels({ team: 'a' })),
    await attempt(() => sandbox.setSleepAfter('5m')),
    await attempt(() => sandbox.setKeepAlive(true)),
    await attempt(() => sandbox.setEnvVars({ FROM_START: '1' })),
    await attempt(() => sandbox.setTransport('http')),
    await attempt(() => sandbox.setContainerTimeouts({ waitIntervalMS: 100 })),
    await attempt(() => call(sandbox, 'setContainerTimeouts', { waitIntervalMS: -1 })),
    await attempt(() => sandbox.start()),
    await attempt(() => sandbox.startAndWaitForPorts(3_000)),
    await attempt(() => call(sandbox, 'waitForPort', { portToCheck: 3_000, retries: 5, waitInterval: 50 })),
    await attempt(() => sandbox.exec('echo $FROM_START')),
    await attempt(() => sandbox.getContainerPlacementId()),
    await attempt(() => sandbox.getState().then(({ status }) => status)),
    await attempt(() => sandbox.stop('SIGKILL')),
    await attempt(() => sandbox.exec('echo woken')),
    await attempt(() => sandbox.destroy()),
  ],
  'life: streams let go half-way, calls after destroy': async (stage) => {
    const { sandbox } = stage
    const reader = (await sandbox.execStream('echo a; sleep 60')).getReader()
    const first = await reader.read()
    reader.releaseLock()
    const long = process(stage, await sandbox.startProcess('sleep 60', { processId: 'long' }))
    return [
      first.done,
      await attempt(() => sandbox.destroy()),
      await attempt(() => long.getStatus()),
      await attempt(() => sandbox.getProcess('long')),
      await attempt(() => sandbox.exec('echo anew')),
    ]
  },
  'ports: expose, list, check': async ({ sandbox, name }) => {
    const expose = (port: number, options: object): unknown => call(sandbox, 'exposePort', port, options)
    const hostname = 'preview.example.com'
    return [
      await attempt(() => expose(8_080, { hostname, name: 'web', token: 'mine' })),
      await attempt(() => expose(80, { hostname })),
      await attempt(() => expose(8_081, { hostname: 'x.workers.dev' })),
      await attempt(() => sandbox.getExposedPorts(hostname)),
      await attempt(() => sandbox.isPortExposed(8_080)),
      await attempt(() => sandbox.validatePortToken(8_080, 'mine')),
      await attempt(() => sandbox.validatePortToken(8_080, 'other')),
      await attempt(() => sandbox.unexposePort(8_080)),
      name.length,
    ]
  },
  'fetch: the sandbox itself': async ({ sandbox }) => [
    await attempt(async () => (await sandbox.fetch(new Request('http://box/api/ping'))).status),
    await attempt(async () => (await sandbox.containerFetch('http://box/api/version', {}, 3_000)).status),
  ],
  'tunnels: list, open, close': async ({ sandbox, log }) => {
    const tunnels = logged('tunnels', sandbox.tunnels, log)
    return [
      await attempt(() => tunnels.list()),
      await attempt(() => tunnels.get(8_080)),
      await attempt(() => tunnels.destroy(8_080)),
      await attempt(() => call(tunnels, 'unknown')),
    ]
  },
  'egress: handlers and lists of hosts': async ({ sandbox }) => {
    const set = (method: string, ...args: unknown[]): Promise<unknown> =>
      attempt(() => call(sandbox, method, ...args))
    return [
      await set('setOutboundHandler', 'none'),
      await set('setOutboundByHost', 'a.example', 'none'),
      await set('setOutboundByHosts', { 'a.example': 'none' }),
      await set('removeOutboundByHost', 'a.example'),
      await set('setAllowedHosts', ['a.example']),
      await set('allowHost', 'b.example'),
      await set('removeAllowedHost', 'b.example'),
      await set('setDeniedHosts', ['c.example']),
      await set('denyHost', 'd.example'),
      await set('removeDeniedHost', 'd.example'),
      describe(await set('allowHost')),
    ]
  },
}
