/** The part of `ctx.container` that wrapping itself calls; everything else passes through. */
export interface ContainerLike {
  readonly running: boolean
  exec(command: string[], options?: ExecOptionsLike): Promise<ExecProcessLike>
}

export interface ExecOptionsLike {
  cwd?: string
  env?: Record<string, string>
  stdout?: 'pipe' | 'ignore'
  stderr?: 'ignore'
}

/** The part of a running command that is watched. */
export interface ExecProcessLike {
  readonly stdout: ReadableStream | null
  readonly stderr: ReadableStream | null
  readonly pid: number
  readonly exitCode: Promise<number>
  output(): Promise<OutputLike>
  kill(signal?: number): void
}

export interface OutputLike {
  readonly stdout: ArrayBuffer
  readonly stderr: ArrayBuffer
  readonly exitCode: number
}
