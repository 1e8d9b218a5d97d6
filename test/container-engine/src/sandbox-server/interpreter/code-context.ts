import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

import { hearLines } from '../command/answer-lines.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { JAVASCRIPT_PROGRAM } from './javascript-program.ts'
import { PYTHON_PROGRAM } from './python-program.ts'

export type Language = 'python' | 'javascript' | 'typescript'

const NODE: readonly [string, ...string[]] = [
  process.execPath,
  '--no-warnings',
  '--input-type=module',
  '-e',
  JAVASCRIPT_PROGRAM,
]
const PROGRAMS: Readonly<Record<Language, readonly [string, ...string[]]>> = {
  python: ['python3', '-u', '-c', PYTHON_PROGRAM],
  javascript: NODE,
  typescript: NODE,
}

export const isLanguage = (name: string): name is Language => Object.hasOwn(PROGRAMS, name)

/** What running a piece of code came to. */
export interface CodeAnswer {
  readonly stdout: string
  readonly stderr: string
  readonly result?: string
  readonly error?: { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] }
}

/** One interpreter that stays: what code defines is there for the next. */
export class CodeContext {
  readonly id: string
  readonly language: Language
  readonly cwd: string
  readonly #child: ChildProcess
  readonly #answers: ((answer: CodeAnswer | undefined) => void)[] = []
  #queue: Promise<unknown> = Promise.resolve()

  constructor(
    id: string,
    language: Language,
    place: { readonly cwd: string; readonly hostCwd: string; readonly env: NodeJS.ProcessEnv },
  ) {
    const [program, ...args] = PROGRAMS[language]
    this.id = id
    this.language = language
    this.cwd = place.cwd
    this.#child = spawn(program, args, {
      cwd: place.hostCwd,
      env: { ...process.env, ...place.env },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    })
    this.#child.stdin?.on('error', () => {})
    this.#child.on('error', () => this.#tell(undefined)).on('exit', () => this.#tell(undefined))
    hearLines(this.#child, (line) => this.#tell(JSON.parse(line)))
  }

  /** One after the other. @throws when there is no such interpreter here, or it has ended. */
  run(code: string): Promise<CodeAnswer> {
    const answer = this.#queue.then(() => this.#ask(code))
    this.#queue = answer.catch(() => {})
    return answer
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }

  async #ask(code: string): Promise<CodeAnswer> {
    const answered = new Promise<CodeAnswer | undefined>((resolve) => this.#answers.push(resolve))
    if (this.#child.exitCode !== null || this.#child.pid === undefined) this.#tell(undefined)
    else this.#child.stdin?.write(`${JSON.stringify({ code, language: this.language })}\n`)
    const answer = await answered
    if (answer === undefined)
      throw new ProtocolError('PYTHON_NOT_AVAILABLE', `the ${this.language} interpreter does not run here`)
    return answer
  }

  #tell(answer: CodeAnswer | undefined): void {
    this.#answers.shift()?.(answer)
  }
}
