import { attempt, describe } from './describe.ts'

export interface Stage {
  readonly container: Container
  /** Something that answers requests, to send egress to. */
  readonly fetcher: Fetcher
  /** A port to listen on. */
  readonly port: number
}

/** Uses one part of the API and says everything that could be seen of it. */
export type Scenario = (stage: Stage) => Promise<unknown>

const sh = (script: string): string[] => ['sh', '-c', script]

async function started({ container }: Stage): Promise<Container> {
  container.start({ entrypoint: ['sleep', '600'], enableInternet: false })
  return container
}

async function textOf(stream: ReadableStream | null): Promise<string> {
  return stream === null ? 'null' : new Response(stream).text()
}

async function run(
  container: Container,
  command: string[],
  options?: ContainerExecOptions,
): Promise<unknown> {
  const process = await container.exec(command, options)
  return describe(await process.output())
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return bytes
    bytes += value.byteLength
  }
}

/** Calls a method with whatever arguments, right or wrong. */
function call(target: object, method: string, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), target, args)
}

/** Calls a method that was taken off its object. */
function callTorn(target: object, method: string, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method), undefined, args)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What a promise settles as, or that it does not for a while. */
const soon = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise, pause(1_000).then(() => 'pending')])

const HTTP_SERVER = `
require('http').createServer((q, s) => { let b = ''; q.on('data', c => b += c).on('end', () =>
  s.writeHead(q.url === '/teapot' ? 418 : 200, { 'x-method': q.method }).end('got ' + b)) }).listen(PORT)
`

/** Every method and property of `ctx.container` in 1.x, by what a caller can tell of it. */
export const scenarios: Readonly<Record<string, Scenario>> = {
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
  'exec: not running': async ({ container }) => [
    await attempt(() => container.exec(['true'])),
    await attempt(() => call(container, 'exec', [])),
  ],
  'exec: bad arguments': async (stage) => {
    const container = await started(stage)
    const exec = (...args: unknown[]) => attempt(() => call(container, 'exec', args))
    return [
      await exec('true'),
      await exec([]),
      await exec(),
      await exec(['true'], 'options'),
      await exec(['true'], { stdout: 'nowhere' }),
      await exec(['true'], { env: 5 }),
      await exec(['true'], { env: { A: 'x\0y' } }),
      await exec(['true'], { env: { 'A=B': 'x' } }),
    ]
  },
  'exec: output, exit codes, directory, environment': async (stage) => {
    const container = await started(stage)
    return [
      await run(container, sh('printf out; printf err >&2; exit 3')),
      await run(container, ['printf', 'a\0b']),
      await run(container, sh('pwd | sed s,.*/,,'), { cwd: '/tmp' }),
      await run(container, sh('echo "$A-$B"'), { env: { A: '1', B: 'zwei ü' } }),
      await run(container, sh('echo "${TRACEPARENT}"'), { env: { TRACEPARENT: 'mine' } }),
      await run(container, ['/no/such/program']),
      await run(container, sh('exit 0')),
    ]
  },
  'exec: the process object': async (stage) => {
    const container = await started(stage)
    const process = await container.exec(sh('sleep 0.1; exit 4'))
    const { exitCode, stdout } = process
    return {
      tag: Object.prototype.toString.call(process),
      constructor: process.constructor.name,
      keys: Object.keys(process),
      pid: typeof process.pid,
      isPty: process.isPty,
      stdin: describe(process.stdin),
      stdout: describe(stdout),
      same: ['exitCode', 'stdout', 'output'].map(
        (name) => Reflect.get(process, name) === Reflect.get(process, name),
      ),
      methods: ['output', 'kill', 'resize'].map((name) => describe(Reflect.get(process, name))),
      exit: await exitCode,
      after: await attempt(() => process.kill()),
      torn: await attempt(() => callTorn(process, 'output', [])),
    }
  },
  'exec: streams that are ignored, combined and absent': async (stage) => {
    const container = await started(stage)
    const script = sh('echo out; echo err >&2')
    const ignored = await container.exec(script, { stdout: 'ignore', stderr: 'ignore' })
    const combined = await container.exec(script, { stderr: 'combined' })
    return [
      describe([ignored.stdout, ignored.stderr]),
      describe(await ignored.output()),
      combined.stderr === null,
      (await textOf(combined.stdout)).split('\n').toSorted(),
      await combined.exitCode,
    ]
  },
  'exec: standard input by pipe and by stream': async (stage) => {
    const container = await started(stage)
    const piped = await container.exec(['cat'], { stdin: 'pipe' })
    const writer = piped.stdin?.getWriter()
    await writer?.write(new TextEncoder().encode('hello '))
    await writer?.write(new TextEncoder().encode('there'))
    await writer?.close()
    const streamed = await container.exec(['wc', '-c'], { stdin: new Blob(['x'.repeat(100_000)]).stream() })
    return [describe(await piped.output()), (await textOf(streamed.stdout)).trim(), streamed.stdin === null]
  },
  'exec: output twice, after reading, while locked': async (stage) => {
    const container = await started(stage)
    const twice = await container.exec(sh('echo 1'))
    const first = await attempt(() => twice.output())
    const second = await attempt(() => twice.output())
    const read = await container.exec(sh('echo 2'))
    await read.stdout?.getReader().read()
    const afterReading = await attempt(() => read.output())
    const locked = await container.exec(sh('echo 3'))
    locked.stdout?.getReader()
    const whileLocked = await attempt(() => locked.output())
    const touched = await container.exec(sh('echo 4'))
    const isSeen = touched.stdout !== null && touched.stderr !== null
    return [first, second, afterReading, whileLocked, isSeen, await attempt(() => touched.output())]
  },
  'streams: default and byte readers, iteration, tee, pipe': async (stage) => {
    const container = await started(stage)
    const script = sh('head -c 100000 /dev/zero | tr "\\0" x')
    const plain = await container.exec(script)
    const byob = await container.exec(sh('printf abcdef'))
    const reader = byob.stdout?.getReader({ mode: 'byob' })
    const pieces = [await reader?.read(new Uint8Array(4)), await reader?.read(new Uint8Array(4))]
    const end = await reader?.read(new Uint8Array(4))
    const iterated = await container.exec(sh('printf 123'))
    let joined = ''
    for await (const chunk of iterated.stdout ?? []) joined += new TextDecoder().decode(chunk)
    const teed = await container.exec(sh('printf tee'))
    const branches = teed.stdout?.tee() ?? []
    const piped = await container.exec(sh('printf pipe'))
    const through = new IdentityTransformStream()
    const pumping = piped.stdout?.pipeTo(through.writable)
    const text = await textOf(through.readable)
    await pumping
    return [
      plain.stdout === null ? 0 : await readAll(plain.stdout.getReader()),
      describe(pieces.map((piece) => piece?.value)),
      describe(end),
      joined,
      await Promise.all(branches.map(textOf)),
      text,
    ]
  },
  'streams: closed, cancelled, read twice': async (stage) => {
    const container = await started(stage)
    const cancelled = await container.exec(sh('yes'))
    const cancel = await attempt(() => cancelled.stdout?.cancel('enough'))
    cancelled.kill(9)
    // workerd itself either knows the exit code now or has lost the connection
    await attempt(() => cancelled.exitCode)
    const half = await container.exec(sh('printf 12; sleep 0.2; printf 34'))
    const reader = half.stdout?.getReader()
    await reader?.read()
    reader?.releaseLock()
    const rest = half.stdout?.getReader()
    const again = await rest?.read()
    const done = await rest?.read()
    const locked = await attempt(() => half.stdout?.getReader())
    return [cancel, describe(again?.value), done?.done, locked, await half.exitCode]
  },
  'streams: nothing is read ahead of the reader': async (stage) => {
    const container = await started(stage)
    const process = await container.exec(sh('head -c 30000000 /dev/zero; echo done >&2'))
    const stdout = process.stdout?.getReader()
    await stdout?.read()
    const isDone = textOf(process.stderr)
    const early = await Promise.race([isDone, pause(300).then(() => 'still writing')])
    let bytes = 0
    if (stdout !== undefined) bytes = await readAll(stdout)
    return [early, bytes > 20_000_000, await isDone, await process.exitCode]
  },
  'exec: kill, signals and abort': async (stage) => {
    const container = await started(stage)
    const byDefault = await container.exec(['sleep', '60'])
    byDefault.kill()
    const hard = await container.exec(['sleep', '60'])
    hard.kill(9)
    const refused = await attempt(() => call(hard, 'kill', [1_000]))
    const controller = new AbortController()
    const aborted = await container.exec(['sleep', '60'], { signal: controller.signal })
    controller.abort(new Error('no longer wanted'))
    const early = await soon(
      attempt(() => container.exec(['sleep', '60'], { signal: AbortSignal.abort('too late') })),
    )
    const abort = await soon(attempt(() => aborted.exitCode))
    return [await byDefault.exitCode, await hard.exitCode, refused, abort, early]
  },
  'exec: many at once keep their outputs apart': async (stage) => {
    const container = await started(stage)
    const outputs = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const process = await container.exec(['printf', `%s`, `number ${index}`])
        return describe(await process.output())
      }),
    )
    return outputs
  },
  'exec: order of calls is the order of their effects': async (stage) => {
    const container = await started(stage)
    const order: string[] = []
    const first = container.exec(sh('echo 1')).then(() => order.push('first'))
    order.push('called')
    await first
    await Promise.resolve().then(() => order.push('after'))
    return order
  },
  'exec: a terminal': async (stage) => {
    const container = await started(stage)
    return attempt(async () => {
      const process = await container.exec(sh('stty size'), { pty: { cols: 100, rows: 30 } })
      process.resize(80, 24)
      return [process.isPty, await textOf(process.stdout)]
    })
  },
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
    for (let tries = 0; tries < 60; tries++) {
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
      await pause(100)
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
