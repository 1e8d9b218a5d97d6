/** Runs a command that burns CPU, several times, with quiet before and after each: then its CPU stands alone in both books. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { OperationError } from '../errors.ts'

/** What lies in it is one burn's CPU, Unix time in ms. */
export interface BurnWindow {
  readonly fromMs: number
  readonly toMs: number
}

export interface BurnPlan {
  readonly command: string
  readonly burns: number
  readonly quietMs: number
  readonly progress: (step: string) => void
}

const QUOTED_CHARACTERS_MAX = 400

/** Throws OperationError when the command fails: what it burned is then unknown. */
export async function runBurns({
  command,
  burns,
  quietMs,
  progress,
}: BurnPlan): Promise<readonly BurnWindow[]> {
  const windows: BurnWindow[] = []
  await sleep(quietMs / 2)
  for (let burn = 1; burn <= burns; burn += 1) {
    progress(`burn ${burn} of ${burns}`)
    const fromMs = Date.now() - quietMs / 2
    await runCommand(command)
    windows.push({ fromMs: Math.floor(fromMs), toMs: Math.ceil(Date.now() + quietMs / 2) })
    await sleep(quietMs)
  }
  return windows
}

async function runCommand(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [code, said] = await Promise.all([exited, text(child.stderr)])
  if (code === 0) return
  throw new OperationError(
    `the command that burns CPU ended with ${String(code)}: ${said.trim().slice(-QUOTED_CHARACTERS_MAX)}`,
  )
}
