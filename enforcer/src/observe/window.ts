/** Bounds of a budget's window at an instant. Calendar windows follow the clock of their time zone, daylight saving included. */
import type { BudgetWindow } from '@sandglass/schemas/budgets-window'
import { DateTime } from 'luxon'

export interface Bounds {
  readonly startMs: number
  /** Exclusive; null when the window has no end of its own. */
  readonly endMs: number | null
}

export function boundsOf(window: BudgetWindow, nowMs: number): Bounds {
  switch (window.kind) {
    case 'calendar':
      return calendarBounds(window, nowMs)
    case 'rolling':
      return { startMs: nowMs - window.length, endMs: null }
    case 'fixed':
      return fixedBounds(DateTime.fromISO(window.anchor).toMillis(), window.length, nowMs)
    case 'lifetime':
    case 'instant':
    default:
      return { startMs: 0, endMs: null }
  }
}

/** The next start is found from the middle of the next unit: midnight may not exist, and an hour may come twice. */
function calendarBounds({ unit, timeZone }: BudgetWindow & { kind: 'calendar' }, nowMs: number): Bounds {
  const now = DateTime.fromMillis(nowMs, { zone: timeZone })
  const start = now.startOf(unit)
  if (unit === 'hour') return { startMs: start.toMillis(), endMs: start.plus({ hours: 1 }).toMillis() }
  const end = start
    .plus({ [unit]: 1 })
    .plus({ hours: 12 })
    .startOf(unit)
  return { startMs: start.toMillis(), endMs: end.toMillis() }
}

function fixedBounds(anchorMs: number, lengthMs: number, nowMs: number): Bounds {
  const startMs = anchorMs + Math.floor((nowMs - anchorMs) / lengthMs) * lengthMs
  return { startMs, endMs: startMs + lengthMs }
}
