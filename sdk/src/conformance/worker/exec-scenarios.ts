import { attempt, describe } from './describe.ts'
import { sh, started, textOf, run, call, callTorn, soon, type Scenario } from './stage.ts'

/** Commands, by what a caller can tell of them. */
export const execScenarios: Readonly<Record<string, Scenario>> = {
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
      resized: await attempt(() => process.resize(80, 24)),
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
}
