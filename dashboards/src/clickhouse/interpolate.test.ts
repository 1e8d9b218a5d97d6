import { expect, test } from 'vitest'
import { interpolateQuery } from './interpolate.ts'

const context = { fromMs: 1000, toMs: 2000, intervalMs: 60_000 }

test('time macros become what the datasource plugin sends', () => {
  expect(interpolateQuery('$__timeFilter_ms(started_at)', context)).toBe(
    'started_at >= fromUnixTimestamp64Milli(1000) AND started_at <= fromUnixTimestamp64Milli(2000)',
  )
  expect(interpolateQuery('$__fromTime_ms < $__toTime_ms', context)).toBe(
    'fromUnixTimestamp64Milli(1000) < fromUnixTimestamp64Milli(2000)',
  )
  expect(interpolateQuery('$__timeInterval_ms(minute)', context)).toContain('INTERVAL 60000 millisecond')
  expect(interpolateQuery('$__interval_s', context)).toBe('60')
})

test('variables are quoted, so a value cannot leave its string', () => {
  const variables = { task: String.raw`a' OR \'1`, team: ['pay', 'ops'] }
  expect(interpolateQuery('${task:singlequote} IN (${team:singlequote})', { ...context, variables })).toBe(
    String.raw`'a\' OR \\\'1' IN ('pay','ops')`,
  )
})

test('a macro or variable that nothing defines is an error, not SQL', () => {
  expect(() => interpolateQuery('$__timeFilter(x)', context)).toThrow('$__timeFilter')
  expect(() => interpolateQuery('${team}', { ...context, variables: { team: 'a' } })).toThrow('${team}')
  expect(() => interpolateQuery('${team:singlequote}', context)).toThrow('${team:singlequote}')
})
