import type { Sandglass } from '../../index.ts'

export interface Stage {
  readonly bare: Container
  readonly sandglass: Sandglass
  readonly container: Container
}

/** Does something with the SDK, and tells what the test cannot see from outside. */
export type Play = (stage: Stage) => Promise<unknown>

export const sh = (script: string): string[] => ['sh', '-c', script]
export const WORK = { cwd: '/workspace' }

export async function run(
  container: Container,
  command: string[],
  options: ContainerExecOptions = WORK,
): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  const process = await container.exec(command, options)
  const { stdout, exitCode } = await process.output()
  return { exitCode, stdout: new TextDecoder().decode(stdout) }
}

export const outcomeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? [error.name, error.message] : String(error) }),
  )
