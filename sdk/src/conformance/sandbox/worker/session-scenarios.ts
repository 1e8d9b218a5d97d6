import { attempt, describe } from '../../worker/describe.ts'
import { process, session, textOf, type Scenario } from './stage.ts'

const upgrade = (): Request => new Request('http://box/', { headers: { Upgrade: 'websocket' } })

/** What a shell behind a socket says until it says `wanted`. */
async function talk(response: Response, line: string, wanted: string): Promise<unknown> {
  const socket = response.webSocket
  if (socket === null) return 'no socket'
  socket.binaryType = 'arraybuffer'
  socket.accept()
  let said = ''
  const heard = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      said += typeof data === 'string' ? data : new TextDecoder().decode(data)
      if (said.includes(wanted)) resolve()
    })
    socket.addEventListener('close', () => resolve())
  })
  socket.send(new TextEncoder().encode(line))
  await heard
  socket.close()
  return said.includes(wanted)
}

export const sessionScenarios: Readonly<Record<string, Scenario>> = {
  'sessions: make, find, end; what they are': async (stage) => {
    const { sandbox } = stage
    const made = await sandbox.createSession({ id: 's1', env: { A: '1' }, cwd: '/tmp' })
    const found = await sandbox.getSession('s1')
    return [
      describe(made),
      Object.prototype.toString.call(made),
      describe(found),
      await attempt(() => sandbox.createSession({ id: 's1' }).then(({ id }) => id)),
      await attempt(() => sandbox.deleteSession('s1')),
      await attempt(() => sandbox.deleteSession('never')),
    ]
  },
  'sessions: commands and processes': async (stage) => {
    const one = session(stage, await stage.sandbox.createSession({ id: 's1', env: { A: '1' }, cwd: '/tmp' }))
    const started = process(stage, await one.startProcess('echo $A; sleep 0.1', { processId: 'p1' }))
    const exit = await attempt(() => started.waitForExit(10_000))
    return [
      await attempt(() => one.exec('pwd; echo $A; sh -c "exit 2"')),
      await attempt(() => one.setEnvVars({ B: 'two', A: undefined })),
      await attempt(() => one.exec('echo "$A$B"')),
      await attempt(() => one.execStream('echo s; exit 6').then(textOf)),
      exit,
      await attempt(() => one.getProcessLogs('p1')),
      await attempt(() => one.streamProcessLogs('p1').then(textOf)),
      (await one.listProcesses()).map(describe),
      describe(await one.getProcess('p1')),
      await attempt(() => one.killProcess('p1')),
      await attempt(() => one.killAllProcesses()),
      await attempt(() => one.cleanupCompletedProcesses()),
    ]
  },
  'sessions: files': async (stage) => {
    const one = session(stage, await stage.sandbox.createSession({ id: 's1' }))
    await stage.sandbox.exec(
      'git init -q -b main /tmp/r && git -C /tmp/r -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m 1',
    )
    const watched = (await one.watch('/workspace')).getReader()
    const first = await watched.read()
    return [
      new TextDecoder().decode(first.value),
      await attempt(() => watched.cancel()),
      await attempt(() => one.mkdir('/workspace/d')),
      await attempt(() => one.writeFile('/workspace/d/a', 'a')),
      await attempt(() => one.readFile('/workspace/d/a')),
      await attempt(() => one.readFileStream('/workspace/d/a').then(textOf)),
      await attempt(() => one.renameFile('/workspace/d/a', '/workspace/d/b')),
      await attempt(() => one.moveFile('/workspace/d/b', '/workspace/c')),
      await attempt(() => one.exists('/workspace/c')),
      await attempt(() => one.listFiles('/workspace')),
      await attempt(() => one.deleteFile('/workspace/c')),
      await attempt(() => one.checkChanges('/workspace').then(({ status }) => status)),
      await attempt(() => one.gitCheckout('/tmp/r', { targetDir: '/workspace/r' })),
      await attempt(() =>
        one.createBackup({ dir: '/workspace/d', localBucket: true }).then((b) => one.restoreBackup(b)),
      ),
      await attempt(() => one.mountBucket('BACKUP_BUCKET', '/workspace/m', { localBucket: true })),
      await attempt(() => one.unmountBucket('/workspace/m')),
    ]
  },
  'sessions: code': async (stage) => {
    const one = session(stage, await stage.sandbox.createSession({ id: 's1' }))
    const context = await one.createCodeContext({ language: 'javascript' })
    return [
      describe(context),
      await attempt(() => one.runCode('var x = 1; console.log(x); x + 1', { context })),
      await attempt(() => one.runCodeStream('x + 5', { context }).then(textOf)),
      (await one.listCodeContexts()).length,
      await attempt(() => one.deleteCodeContext(context.id)),
    ]
  },
  'terminal: of the sandbox and of a session': async (stage) => {
    const one = session(stage, await stage.sandbox.createSession({ id: 's1' }))
    await stage.sandbox.exec('true')
    const terminal = (target: object): Promise<Response> =>
      (target as { terminal(request: Request, options: object): Promise<Response> }).terminal(upgrade(), {
        cols: 100,
        rows: 30,
      })
    return [
      await attempt(async () => talk(await terminal(stage.sandbox), 'echo T$((40+2))\n', 'T42')),
      await attempt(async () =>
        talk(await one.terminal(upgrade(), { shell: 'bash' }), 'stty size\n', '24 80'),
      ),
      await attempt(() => one.terminal(new Request('http://box/'))),
    ]
  },
  'code: contexts, results, errors': async ({ sandbox }) => {
    const context = await sandbox.createCodeContext({ language: 'javascript' })
    return [
      describe(context),
      await attempt(() => sandbox.runCode('console.log("hi"); 40 + 2', { context })),
      await attempt(() => sandbox.runCode('missing()', { context }).then(({ error }) => error?.name)),
      await attempt(() => sandbox.runCodeStream('1 + 1', { context }).then(textOf)),
      await attempt(() =>
        sandbox.runCodeStream('missing()', { context }).then((s) => textOf(s).then((t) => t.length > 0)),
      ),
      (await sandbox.listCodeContexts()).length,
      await attempt(() => sandbox.deleteCodeContext(context.id)),
      await attempt(() => sandbox.deleteCodeContext('none')),
    ]
  },
}
