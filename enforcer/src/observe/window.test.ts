import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { calendarUnits } from '@sandglass/schemas/budgets/window'
import { boundsOf } from './window.ts'

const HOUR = 3_600_000
const iso = (ms: number | null): string => new Date(ms ?? Number.NaN).toISOString()
const at = (text: string): number => Date.parse(text)
const day = (timeZone: string) => ({ kind: 'calendar', unit: 'day', timeZone }) as const

test.each([
  [
    '23 hours when clocks go forward',
    '2026-03-29T12:00:00Z',
    '2026-03-28T23:00:00Z',
    '2026-03-29T22:00:00Z',
    23,
  ],
  [
    '25 hours when clocks go back',
    '2026-10-25T12:00:00Z',
    '2026-10-24T22:00:00Z',
    '2026-10-25T23:00:00Z',
    25,
  ],
  ['24 hours otherwise', '2026-11-23T12:00:00Z', '2026-11-22T23:00:00Z', '2026-11-23T23:00:00Z', 24],
])('a day in Berlin has %s', (_, now, start, end, hours) => {
  const bounds = boundsOf(day('Europe/Berlin'), at(now))
  expect([iso(bounds.startMs), iso(bounds.endMs)]).toEqual([at(start), at(end)].map(iso))
  expect(((bounds.endMs ?? 0) - bounds.startMs) / HOUR).toBe(hours)
})

test('a month in New York starts at its midnight, not at that of UTC', () => {
  const bounds = boundsOf(
    { kind: 'calendar', unit: 'month', timeZone: 'America/New_York' },
    at('2026-11-01T03:00:00Z'),
  )
  expect([iso(bounds.startMs), iso(bounds.endMs)]).toEqual([
    '2026-10-01T04:00:00.000Z',
    '2026-11-01T04:00:00.000Z',
  ])
})

test('the hour that comes twice is two windows', () => {
  const hour = { kind: 'calendar', unit: 'hour', timeZone: 'Europe/Berlin' } as const
  const first = boundsOf(hour, at('2026-10-25T00:30:00Z'))
  const second = boundsOf(hour, at('2026-10-25T01:30:00Z'))
  expect(first.endMs).toBe(second.startMs)
  expect(second.startMs - first.startMs).toBe(HOUR)
})

test('where the clock jumps by half an hour, an hour is cut in two and none is missing', () => {
  const hour = { kind: 'calendar', unit: 'hour', timeZone: 'Australia/Lord_Howe' } as const
  const whole = boundsOf(hour, at('2020-04-04T14:15:00Z'))
  const cut = boundsOf(hour, at('2020-04-04T15:15:00Z'))
  expect(whole.endMs).toBe(at('2020-04-04T15:00:00Z'))
  expect([iso(cut.startMs), iso(cut.endMs)]).toEqual(['2020-04-04T15:00:00.000Z', '2020-04-04T15:30:00.000Z'])
})

test('weeks begin on Monday', () => {
  const bounds = boundsOf({ kind: 'calendar', unit: 'week', timeZone: 'UTC' }, at('2026-11-22T23:59:59Z'))
  expect([iso(bounds.startMs), iso(bounds.endMs)]).toEqual([
    '2026-11-16T00:00:00.000Z',
    '2026-11-23T00:00:00.000Z',
  ])
})

test('calendar windows follow each other without gap or overlap, in any zone at any time', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Africa/Cairo',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Santiago',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...calendarUnits),
      fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') }),
      (timeZone, unit, nowMs) => {
        const window = { kind: 'calendar', unit, timeZone } as const
        const { startMs, endMs } = boundsOf(window, nowMs)
        expect(startMs).toBeLessThanOrEqual(nowMs)
        expect(endMs).toBeGreaterThan(nowMs)
        expect(boundsOf(window, startMs)).toEqual({ startMs, endMs })
        expect(boundsOf(window, startMs - 1).endMs).toBe(startMs)
        expect(boundsOf(window, endMs ?? 0).startMs).toBe(endMs)
      },
    ),
    {
      numRuns: 2000,
      examples: [['Australia/Lord_Howe', 'hour', at('2020-04-04T14:15:00Z')]],
    },
  )
})

test('fixed windows repeat from their anchor, before it too', () => {
  const window = { kind: 'fixed', anchor: '2026-11-01T06:00:00Z', length: 24 * HOUR } as const
  expect(iso(boundsOf(window, at('2026-11-23T05:00:00Z')).startMs)).toBe('2026-11-22T06:00:00.000Z')
  expect(iso(boundsOf(window, at('2026-10-01T07:00:00Z')).startMs)).toBe('2026-10-01T06:00:00.000Z')
})
