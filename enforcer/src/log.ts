/** Log lines: one JSON object each. */
export type Level = 'info' | 'warn' | 'error'
export type Log = (level: Level, message: string, facts?: Readonly<Record<string, unknown>>) => void

export function createJsonLog(write: (line: string) => void, now: () => number): Log {
  return (level, message, facts = {}) =>
    write(JSON.stringify({ time: new Date(now()).toISOString(), level, name: 'enforcer', message, ...facts }))
}
