/** Bounds of a budget's window at an instant. Calendar windows follow the clock of their time zone, daylight saving included. */
import type { BudgetWindow } from '@sandglass/schemas/budgets/window'
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

/** The next start is found from the middle of the next unit: midnight may not exist. */
function calendarBounds({ unit, timeZone }: BudgetWindow & { kind: 'calendar' }, nowMs: number): Bounds {
  if (unit === 'hour') return hourBounds(timeZone, nowMs)
  const start = DateTime.fromMillis(nowMs, { zone: timeZone }).startOf(unit)
  const end = start
    .plus({ [unit]: 1 })
    .plus({ hours: 12 })
    .startOf(unit)
  return { startMs: start.toMillis(), endMs: end.toMillis() }
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** An hour of the zone's clock, cut where that clock jumps: an hour may come twice, and some zones jump by half an hour. */
function hourBounds(timeZone: string, nowMs: number): Bounds {
  const offsetMs = (ms: number): number => DateTime.fromMillis(ms, { zone: timeZone }).offset * MINUTE_MS
  const offset = offsetMs(nowMs)
  const startMs = Math.floor((nowMs + offset) / HOUR_MS) * HOUR_MS - offset
  const lastMs = startMs + HOUR_MS - 1
  return {
    startMs: offsetMs(startMs) === offset ? startMs : jumpWithin(startMs, nowMs, offsetMs),
    endMs: offsetMs(lastMs) === offset ? lastMs + 1 : jumpWithin(nowMs, lastMs, offsetMs),
  }
}

/** The first instant whose offset is that at `toMs`; the clock jumps once between the two. */
function jumpWithin(fromMs: number, toMs: number, offsetMs: (ms: number) => number): number {
  let [before, after] = [fromMs, toMs]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetMs(middle) === offsetMs(toMs)) after = middle
    else before = middle
  }
  return after
}

function fixedBounds(anchorMs: number, lengthMs: number, nowMs: number): Bounds {
  const startMs = anchorMs + Math.floor((nowMs - anchorMs) / lengthMs) * lengthMs
  return { startMs, endMs: startMs + lengthMs }
}
