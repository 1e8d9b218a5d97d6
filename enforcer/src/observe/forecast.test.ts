import { expect, test } from 'vitest'
import { forecastOf } from './forecast.ts'

const HOUR_MS = 3_600_000
const given = {
  spend: '10',
  limit: '20',
  nowMs: 0,
  windowEndMs: 10 * HOUR_MS,
  long: { amount: '2', lengthMs: HOUR_MS },
  short: { amount: '0.5', lengthMs: HOUR_MS / 12 },
}

test('the limit is reached at the lesser of the two rates', () => {
  expect(forecastOf(given)).toEqual({ exhaustedInMs: 5 * HOUR_MS, forecast: '30' })
  expect(forecastOf({ ...given, short: { amount: '0.1', lengthMs: HOUR_MS / 12 } }).forecast).toBe('22')
})

test('a burst alone says nothing', () => {
  expect(forecastOf({ ...given, long: { amount: '0', lengthMs: HOUR_MS } })).toEqual({
    exhaustedInMs: null,
    forecast: '10',
  })
})

test('a limit that is reached only after the window is not reached', () => {
  expect(forecastOf({ ...given, windowEndMs: 4 * HOUR_MS }).exhaustedInMs).toBeNull()
  expect(forecastOf({ ...given, windowEndMs: null })).toEqual({ exhaustedInMs: 5 * HOUR_MS, forecast: null })
})

test('a limit already passed is reached now', () => {
  expect(forecastOf({ ...given, spend: '20' }).exhaustedInMs).toBe(0)
})
