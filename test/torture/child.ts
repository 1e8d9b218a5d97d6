/** One child process: started until it is ready, killed without warning, or asked to stop. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Child {
  readonly ready: Readonly<Record<string, unknown>>
  send(message: number | string): void
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>
}

/** `onLine` takes the lines of its log. Rejects when it ends before it is ready, with its last lines. */
export async function startChild(
  modulePath: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<Child> {
  const execArgv = ['--conditions=@sandglass/source']
  const child = fork(modulePath, [...args], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', onLine)
  const ready = await Promise.race([
    readyLine(child),
    exited.then(([code]) =>
      Promise.reject(new Error(`ended with ${String(code)}: ${lines.slice(-5).join('\n')}`)),
    ),
  ])
  return {
    ready,
    send: (message) => {
      if (child.connected) child.send(message)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = (await exited) as [number | null]
      return code
    },
  }
}

function readyLine(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve(JSON.parse(line) as Readonly<Record<string, unknown>>)
    })
  })
}
