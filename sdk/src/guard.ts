import type { Diagnostic } from './ports.ts'

/** Reports the SDK's own trouble without ever throwing. */
export interface Diagnostics {
  report(kind: string, message: string): void
  readonly internalErrors: number
}

/** Runs a step of telemetry: what it throws is counted and reported, and the host never sees it. */
export type Guard = <T>(step: () => T) => T | undefined

const MESSAGE_LENGTH_MAX = 300

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, MESSAGE_LENGTH_MAX)
}

/** The first of a kind is reported, then the 10th, the 100th, … so that a flood costs few lines. */
function isWorthALine(occurrence: number): boolean {
  return Number.isInteger(Math.log10(occurrence))
}

const toConsole = ({ kind, message }: Diagnostic): void => console.warn(`sandglass: ${kind}: ${message}`)

export function createDiagnostics(listener: (line: Diagnostic) => void = toConsole): Diagnostics {
  const seen = new Map<string, number>()
  return {
    report(kind, message) {
      const occurrence = (seen.get(kind) ?? 0) + 1
      seen.set(kind, occurrence)
      if (!isWorthALine(occurrence)) return
      try {
        listener({ kind, message: occurrence === 1 ? message : `${message} (${occurrence} times)` })
      } catch {
        // a listener that throws has no other listener to tell
      }
    },
    get internalErrors() {
      return seen.get('internal') ?? 0
    },
  }
}

export function createGuard(diagnostics: Diagnostics): Guard {
  return (step) => {
    try {
      return step()
    } catch (error) {
      reportInternal(diagnostics, error)
      return undefined
    }
  }
}

export function reportInternal(diagnostics: Diagnostics, error: unknown): void {
  let message = 'an error that cannot be described'
  try {
    message = messageOf(error)
  } catch {
    // an error whose own message throws
  }
  diagnostics.report('internal', message)
}
