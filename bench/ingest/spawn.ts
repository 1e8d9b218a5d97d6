/** Starts a program that is measured, and ends it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export interface Program {
  readonly child: ChildProcess
  readonly pid: number
  /** SIGTERM; throws when it does not end with code 0. */
  stop(): Promise<void>
}

/** Last lines of what it said, for the error when it ends too early. */
const LAST_CHARS = 4_000

export function startProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LAST_CHARS)
  })
  const exited = once(child, 'exit')
  return {
    child,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      const [code, signal] = await exited
      if (code !== 0) throw new Error(`${command} ended with code ${code}, signal ${signal}:\n${said}`)
    },
  }
}
