import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ProtocolError } from '../protocol/protocol-error.ts'
import { hearLines } from './answer-lines.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Command {
  readonly line: string
  /** On the host; the session's own when absent. */
  readonly cwd?: string | undefined
  readonly env?: Environment | undefined
  readonly timeoutMs?: number | undefined
}

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** Variables for one command alone: what they were before comes back after it. */
function scopedEnvironment(env: Environment): { readonly before: string; readonly after: string } {
  const named = Object.entries(env).filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
  const before = named.map(
    ([name, value]) =>
      `__had_${name}=\${${name}+x}; __was_${name}=\${${name}-}; ` +
      (value === undefined ? `unset ${name}; ` : `export ${name}=${quote(value)}; `),
  )
  const after = named.map(
    ([name]) =>
      `if [ -n "$__had_${name}" ]; then export ${name}="$__was_${name}"; else unset ${name}; fi; ` +
      `unset __had_${name} __was_${name}; `,
  )
  return { before: before.join(''), after: after.join('') }
}

/**
 * One shell that stays: directory, variables and functions last from one command to the next. Commands run one after
 * the other; what a command leaves on file descriptor 3 would break it, as it would break any shell.
 */
export class SessionShell {
  readonly id: string
  readonly #shell: ChildProcess
  readonly #directory: string
  readonly #waiting = new Map<string, (exitCode: number) => void>()
  readonly #ended: Promise<number>
  #queue: Promise<unknown> = Promise.resolve()
  #made = 0
  isAlive = true

  constructor(id: string, cwd: string, env: Environment, temporary: string) {
    this.id = id
    this.#directory = mkdtempSync(join(temporary, 'session-'))
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      detached: true,
    })
    const { promise, resolve } = Promise.withResolvers<number>()
    this.#ended = promise
    this.#shell.on('error', () => resolve(1))
    this.#shell.on('exit', (code) => resolve(code ?? 1))
    this.#shell.stdin?.on('error', () => {})
    void this.#afterwards()
    hearLines(this.#shell, (line) => this.#hear(line))
  }

  /** @throws SESSION_TERMINATED when the command ended the shell. */
  run(command: Command): Promise<CommandResult> {
    const result = this.#queue.then(() => this.#run(command))
    this.#queue = result.catch(() => {})
    return result
  }

  /** Where the session is and what its environment holds, for a process that starts beside it. */
  async state(): Promise<{ readonly cwd: string; readonly env: Record<string, string> }> {
    const { stdout } = await this.run({ line: 'printf "%s\\0" "$PWD"; env -0' })
    const [cwd = '', ...lines] = stdout.split('\0').filter((line) => line !== '')
    const env = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    return { cwd, env: Object.fromEntries(env) }
  }

  async end(): Promise<void> {
    if (this.isAlive && this.#shell.pid !== undefined) process.kill(-this.#shell.pid, 'SIGKILL')
    this.isAlive = false
    await this.#ended
  }

  async #afterwards(): Promise<void> {
    await this.#ended
    this.isAlive = false
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #run({ line, cwd, env = {}, timeoutMs }: Command): Promise<CommandResult> {
    const name = String((this.#made += 1))
    const file = (ending: string): string => join(this.#directory, `${name}.${ending}`)
    writeFileSync(file('sh'), line)
    const finished = new Promise<number>((resolve) => this.#waiting.set(name, resolve))
    const source = `. ${quote(file('sh'))}`
    const { before, after } = scopedEnvironment(env)
    const elsewhere = cwd === undefined ? source : `__back=$PWD; cd ${quote(cwd)} && ${source}`
    const back = cwd === undefined ? '' : 'cd "$__back"; '
    const redirected = `{ ${elsewhere}; } </dev/null >${quote(file('out'))} 2>${quote(file('err'))} 3>&-`
    const finish = `__code=$?; ${back}${after}printf '%s %s\\n' ${name} "$__code" >&3`
    this.#shell.stdin?.write(`${before}${redirected}; ${finish}\n`)
    const exitCode = await this.#settle(finished, timeoutMs)
    const [stdout, stderr] = [readFileSync(file('out'), 'utf8'), readFileSync(file('err'), 'utf8')]
    for (const ending of ['sh', 'out', 'err']) rmSync(file(ending), { force: true })
    return { stdout, stderr, exitCode }
  }

  async #settle(finished: Promise<number>, timeoutMs: number | undefined): Promise<number> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<number>((_, reject) => {
      if (timeoutMs !== undefined) timer = setTimeout(() => reject(this.#giveUp(timeoutMs)), timeoutMs)
    })
    const ended = this.#ended.then((exitCode) => {
      throw new ProtocolError(
        'SESSION_TERMINATED',
        `Session '${this.id}' has ended (exit code ${exitCode})`,
        {
          sessionId: this.id,
          exitCode,
        },
      )
    })
    try {
      return await Promise.race([finished, late, ended])
    } finally {
      clearTimeout(timer)
    }
  }

  /** A command that takes too long takes its shell with it. */
  #giveUp(timeoutMs: number): ProtocolError {
    void this.end()
    return new ProtocolError('COMMAND_EXECUTION_ERROR', `Command timeout after ${timeoutMs}ms`)
  }

  #hear(line: string): void {
    const [name = '', exitCode] = line.split(' ')
    this.#waiting.get(name)?.(Number(exitCode))
    this.#waiting.delete(name)
  }
}
