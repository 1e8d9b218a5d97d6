import { attempt, describe } from '../../worker/describe.ts'
import { callTorn } from '../../worker/stage.ts'
import { call, process, textOf, type Scenario } from './stage.ts'

export const commandScenarios: Readonly<Record<string, Scenario>> = {
  'exec: output, exit codes, options, callbacks': async ({ sandbox }) => {
    const heard: unknown[] = []
    return [
      await attempt(() => sandbox.exec('echo out; echo err >&2; sh -c "exit 3"')),
      await attempt(() => sandbox.exec('pwd; echo "$A"', { cwd: '/tmp', env: { A: 'b c' } })),
      await attempt(() => sandbox.exec('cd /tmp; B=kept')),
      await attempt(() => sandbox.exec('pwd; echo "$B"')),
      await attempt(() => sandbox.exec('echo "$TRACEPARENT"', { env: { TRACEPARENT: 'mine' } })),
      await attempt(() =>
        sandbox.exec('echo 1; echo 2 >&2', {
          stream: true,
          onOutput: (...said) => void heard.push(said),
          onComplete: ({ exitCode }) => void heard.push(exitCode),
        }),
      ),
      heard,
      await attempt(() => sandbox.exec('exit 7')),
      await attempt(() => sandbox.exec('echo again')),
    ]
  },
  'exec: bad arguments': async ({ sandbox }) => [
    await attempt(() => call(sandbox, 'exec')),
    await attempt(() => call(sandbox, 'exec', 5)),
    await attempt(() => call(sandbox, 'exec', 'echo', { signal: AbortSignal.abort() })),
    await attempt(() => call(sandbox, 'exec', 'echo 1', { cwd: 7 })),
    await attempt(() => call(sandbox, 'execStream')),
  ],
  'exec: torn off its object, and many at once': async ({ sandbox }) => {
    const many = Array.from({ length: 20 }, (_, index) => sandbox.exec(`echo ${index}`))
    return [
      await attempt(() => callTorn(sandbox, 'exec', ['echo torn'])),
      (await Promise.all(many)).map(({ stdout }) => stdout),
    ]
  },
  'execStream: bytes, failure, cancellation, backpressure': async ({ sandbox }) => {
    const stream = await sandbox.execStream('echo a; sleep 0.05; echo b >&2; exit 5')
    const shape = describe(stream)
    const text = await textOf(stream)
    const cancelled = await sandbox.execStream('yes | head -c 3000000; sleep 60')
    const reader = cancelled.getReader()
    const first = await reader.read()
    const big = await sandbox.execStream('head -c 300000 /dev/zero | tr "\\0" x')
    const byob = big.getReader({ mode: 'byob' })
    const piece = await byob.read(new Uint8Array(10))
    return [
      shape,
      text,
      typeof first.value,
      await attempt(() => reader.cancel('enough')),
      describe(piece.value),
      await attempt(() => byob.cancel()),
      await attempt(() => sandbox.execStream('true', { sessionId: 'other' }).then(textOf)),
    ]
  },
  'exec by session token': async ({ sandbox }) => [
    await attempt(() => sandbox.execWithSessionToken('echo one', 'token')),
    await attempt(() => sandbox.execStreamWithSessionToken('echo two', 'token').then(textOf)),
  ],
  'processes: start, look, wait, log, kill': async (stage) => {
    const { sandbox } = stage
    const started = await sandbox.startProcess('echo up; sleep 0.3; echo down; exit 4', { processId: 'p1' })
    const one = process(stage, started)
    const line = await attempt(() => one.waitForLog(/u(p)/))
    const status = await attempt(() => one.getStatus())
    const exit = await attempt(() => one.waitForExit(10_000))
    const long = process(stage, await sandbox.startProcess('sleep 60', { processId: 'p2' }))
    const found = await sandbox.getProcess('p2')
    return [
      describe(started),
      line,
      status,
      exit,
      await attempt(() => one.getLogs()),
      await attempt(() => sandbox.getProcessLogs('p1')),
      await attempt(() => sandbox.streamProcessLogs('p1').then(textOf)),
      (await sandbox.listProcesses()).map(({ id, status: is }) => [id, is]),
      describe(found),
      await attempt(() => long.waitForExit(50)),
      await attempt(() => long.kill('SIGKILL')),
      await attempt(() => sandbox.killProcess('p2')),
      await attempt(() => sandbox.killProcess('none')),
      await attempt(() => sandbox.getProcess('none')),
      await attempt(() => sandbox.killAllProcesses()),
      await attempt(() => sandbox.cleanupCompletedProcesses()),
    ]
  },
  'processes: a port': async (stage) => {
    const port = 20_000 + Math.floor(Math.random() * 40_000)
    const server = `node -e "require('http').createServer((q, r) => r.end('ok')).listen(${port}, '127.0.0.1')"`
    const one = process(stage, await stage.sandbox.startProcess(server))
    const ready = await attempt(() => one.waitForPort(port, { timeout: 20_000 }))
    const request = new Request('http://box/', { headers: { upgrade: 'websocket' } })
    const connected = await attempt(() => stage.sandbox.wsConnect(request, port).then(({ status }) => status))
    const refused = await attempt(() => stage.sandbox.wsConnect(request, 80))
    const answer = await attempt(() =>
      stage.sandbox.containerFetch('http://box/', {}, port).then((response) => response.text()),
    )
    return [ready, connected, refused, answer, await attempt(() => one.kill())]
  },
}
