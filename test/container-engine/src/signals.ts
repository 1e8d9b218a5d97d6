import { constants } from 'node:os'

/** Exit code a shell reports for a process that a signal ended: 128 plus the signal's number. */
const SIGNAL_EXIT_BASE = 128

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals
}

/** `TERM`, `SIGTERM` and `15` all name the same signal; undefined when nothing does. */
export function parseSignal(text: string): NodeJS.Signals | undefined {
  const byNumber = Object.entries(constants.signals).find(([, value]) => String(value) === text)?.[0]
  const upper = text.toUpperCase()
  const name = byNumber ?? (upper.startsWith('SIG') ? upper : `SIG${upper}`)
  return isSignal(name) ? name : undefined
}

export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return SIGNAL_EXIT_BASE + constants.signals[signal]
}

/** Signals a process, or a whole group when `pid` is negative; false when nothing was there. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}
