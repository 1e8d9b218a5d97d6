/** The part of `ctx.container` that wrapping needs; everything else passes through untouched. */
export interface ContainerLike {
  readonly running: boolean
  exec(cmd: string[], options?: never): Promise<ExecProcessLike>
}

export interface ExecProcessLike {
  readonly stdout: ReadableStream | null
  readonly stderr: ReadableStream | null
  readonly pid: number
  readonly exitCode: Promise<number>
  output(): Promise<{ readonly stdout: ArrayBuffer; readonly stderr: ArrayBuffer; readonly exitCode: number }>
  kill(signal?: number): void
}
