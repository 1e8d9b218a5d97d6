import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

export interface TerminalOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly shell: string
  readonly columns: number
  readonly rows: number
}

/** A shell behind a pseudo terminal, made by script(1). */
export class Terminal {
  onOutput: (bytes: Buffer) => void = () => {}
  onEnd: () => void = () => {}
  readonly #child: ChildProcess

  constructor({ cwd, env, shell, columns, rows }: TerminalOptions) {
    const command = `stty cols ${columns} rows ${rows}; exec ${shell}`
    this.#child = spawn('script', ['-qfc', command, '/dev/null'], {
      cwd,
      env: { ...env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#child.stdin?.on('error', () => {})
    this.#child.stdout?.on('data', (bytes: Buffer) => this.onOutput(bytes))
    this.#child.on('error', () => this.onEnd()).on('close', () => this.onEnd())
  }

  write(bytes: Buffer): void {
    this.#child.stdin?.write(bytes)
  }

  resize(columns: number, rows: number): void {
    const device = this.#device()
    if (device !== undefined)
      execFile('stty', ['-F', device, 'cols', String(columns), 'rows', String(rows)], () => {})
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }

  /** The terminal is where the shell, script's child, reads from. */
  #device(): string | undefined {
    const { pid } = this.#child
    try {
      const [shell = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
      return readlinkSync(`/proc/${shell}/fd/0`)
    } catch {
      return undefined
    }
  }
}
