/** The part of `ctx.container` that agents use; the instrumented one fits as it is. */
export type AgentContainer = Pick<Container, 'exec'>

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Record<string, string>
  readonly stdin?: string
}

/** Where every command of an agent runs. */
const WORKSPACE = '/workspace'

/** Commands and files of one sandbox, as text. */
export class Shell {
  readonly #container: AgentContainer

  constructor(container: AgentContainer) {
    this.#container = container
  }

  /** Starts a command and leaves its streams to the caller. */
  start(argv: string[], { env = {} }: CommandOptions = {}): Promise<ExecProcess> {
    return this.#container.exec(argv, { cwd: WORKSPACE, env })
  }

  /** Runs a command to its end; a nonzero exit code is a result, not an error. */
  async run(argv: string[], { env = {}, stdin }: CommandOptions = {}): Promise<CommandResult> {
    const input = stdin === undefined ? {} : { stdin: new Blob([stdin]).stream() }
    const process = await this.#container.exec(argv, { cwd: WORKSPACE, env, ...input })
    const { stdout, stderr, exitCode } = await process.output()
    return { exitCode, stdout: decode(stdout), stderr: decode(stderr) }
  }

  /** Runs a command that must succeed. @throws CommandFailed when its exit code is not 0. */
  async must(argv: string[], options: CommandOptions = {}): Promise<string> {
    const result = await this.run(argv, options)
    if (result.exitCode !== 0) throw new CommandFailed(argv, result)
    return result.stdout
  }

  /** Runs a command and hands over each line of its output as it comes. */
  async stream(argv: string[], onLine: (line: string) => void): Promise<number> {
    const process = await this.start(argv)
    if (process.stdout !== null) for await (const line of linesOf(process.stdout)) onLine(line)
    return process.exitCode
  }

  async write(path: string, text: string): Promise<void> {
    await this.must(['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat > "$1"', 'write', path], { stdin: text })
  }

  read(path: string): Promise<string> {
    return this.must(['cat', path])
  }
}

/** A command that had to succeed did not. */
class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly result: CommandResult

  constructor(argv: readonly string[], result: CommandResult) {
    super(`"${argv.join(' ')}" exited with ${result.exitCode}: ${result.stderr.trim()}`)
    this.result = result
  }
}

function decode(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes)
}

async function* linesOf(stream: ReadableStream): AsyncGenerator<string> {
  let rest = ''
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
