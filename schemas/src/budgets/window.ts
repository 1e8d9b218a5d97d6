/** Windows over which spend is summed, as written in a budget. Their bounds are computed by the enforcer. */
import { z } from 'zod'

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration such as `90s`, `15m`, `1h`, `7d`, read as milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'expected a duration such as 90s, 15m, 1h or 7d')
  .transform((text) => {
    const unit = (Object.keys(unitsMs) as (keyof typeof unitsMs)[]).find((name) => text.endsWith(name)) ?? 's'
    return Number(text.slice(0, -1)) * unitsMs[unit]
  })

/** Shortest duration that names it: `3600000` → `1h`. */
export function renderDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms % unitsMs[name] === 0)
  return unit === undefined ? `${ms}ms` : `${ms / unitsMs[unit]}${unit}`
}

export const calendarUnits = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const

const timeZone = z
  .string()
  .default('UTC')
  .refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin')

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export const windowSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('calendar'),
    unit: z.enum(calendarUnits).describe('Weeks begin on Monday'),
    timeZone: timeZone.describe('Time zone whose clock starts the window; daylight saving is honoured'),
  }),
  z.strictObject({
    kind: z.literal('rolling'),
    length: durationSchema.describe('The last so much time, in steps of a minute'),
  }),
  z.strictObject({
    kind: z.literal('fixed'),
    anchor: z.iso.datetime({ offset: true }).describe('An instant at which a window starts'),
    length: durationSchema.describe('Length of every window'),
  }),
  z.strictObject({ kind: z.literal('lifetime') }),
  z.strictObject({ kind: z.literal('instant') }),
])

export type BudgetWindow = z.infer<typeof windowSchema>

/** Stable name of a window, for example `calendar:day@Europe/Berlin`, `rolling:1h`, `lifetime`. */
export function windowId(window: BudgetWindow): string {
  switch (window.kind) {
    case 'calendar':
      return `calendar:${window.unit}@${window.timeZone}`
    case 'rolling':
      return `rolling:${renderDuration(window.length)}`
    case 'fixed':
      return `fixed:${renderDuration(window.length)}@${window.anchor}`
    case 'lifetime':
    case 'instant':
    default:
      return window.kind
  }
}
