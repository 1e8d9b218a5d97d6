import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAmount, percentOf, reaches, renderAmount } from './budgets/amount.ts'
import { windowId, windowSchema } from './budgets/window.ts'
import { budgetsSchema } from './budgets.ts'
import { ConfigError, parseConfig } from './config.ts'

const document = (budgets: string): string => `version: 1\nbudgets:\n${budgets}`

function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(budgetsSchema, text, {}, 'budgets.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const daily = `
  - id: payments-daily
    scope: { team: payments, task: "*" }
    metric: cost
    limits:
      - { amount: 20, window: { kind: calendar, unit: day, timeZone: Europe/Berlin } }
      - { amount: "2.50", window: { kind: rolling, length: 1h } }
`

test('a budget says little and means much: defaults are filled in', () => {
  const [budget] = parseConfig(budgetsSchema, document(daily), {}, 't').budgets
  expect(budget).toMatchObject({
    mode: 'enforce',
    thresholds: { warn: { enter: 80, exit: 75 }, suspend: { enter: 100, exit: 95 } },
    dwell: 300_000,
    stale: { after: 30_000, failAfter: 900_000, tiers: { A: 'ok', B: 'throttle', C: 'suspend' } },
    limits: [{ amount: '20' }, { amount: '2.50' }],
  })
  expect(budget?.limits.map((limit) => windowId(limit.window))).toEqual([
    'calendar:day@Europe/Berlin',
    'rolling:1h',
  ])
})

test('faults inside budgets and between budgets are reported together', () => {
  const problems = problemsOf(
    document(`
  - id: Bad_Id
    scope: { galaxy: milky }
    metric: love
    limits: [{ amount: -1, window: { kind: rolling, length: soon } }]
  - id: child
    scope: { team: growth }
    parent: nobody
    metric: cost
    limits: [{ percentOfParent: 30, window: { kind: lifetime } }]
  - id: child
    scope: {}
    metric: sandboxes
    limits: [{ amount: 5, window: { kind: calendar, unit: day, timeZone: Mars/Olympus } }]
  - id: reversed
    scope: {}
    metric: cost
    thresholds: { warn: { enter: 90, exit: 95 }, suspend: { enter: 50, exit: 40 } }
    limits: [{ amount: 1, window: { kind: instant } }]
`),
  ).join('\n')
  for (const expected of [
    /budgets\[0\]\.id/,
    /budgets\[0\]\.scope/,
    /budgets\[0\]\.metric/,
    /budgets\[0\]\.limits\[0\]\.amount/,
    /budgets\[0\]\.limits\[0\]\.window/,
    /budgets\[1\]\.parent: budget child: there is no budget nobody/,
    /budgets\[2\]\.limits\[0\]\.window.timeZone/,
    /budgets\[3\]\.thresholds\.warn: budget reversed: exit 95 must be less than enter 90/,
    /budgets\[3\]\.thresholds\.suspend: budget reversed: suspend is entered at 50, before warn/,
    /budgets\[3\]\.limits\[0\]\.window: budget reversed: sandboxes are counted now/,
  ])
    expect(problems).toMatch(expected)
})

test.each([
  ['a cycle', 'parent: b', 'parent: a', /its own ancestor/],
  ['another metric', '', 'parent: a, metric: tokens', /measures cost/],
])('a parent may not be %s', (_, first, second, message) => {
  const problems = problemsOf(
    document(`
  - { id: a, scope: {}, metric: cost, limits: [{ amount: 1, window: { kind: lifetime } }] ${first && `, ${first}`} }
  - { metric: cost, ${second}, id: b, scope: {}, limits: [{ amount: 1, window: { kind: lifetime } }] }
`).replace('metric: cost, parent: a, metric: tokens', 'parent: a, metric: tokens'),
  )
  expect(problems.join()).toMatch(message)
})

test('a child lies inside the scope of its parent and names a window the parent has', () => {
  const problems = problemsOf(
    document(`
  - { id: a, scope: { team: x }, metric: cost, limits: [{ amount: 1, window: { kind: lifetime } }] }
  - { id: b, scope: { user: y }, parent: a, metric: cost, limits: [{ percentOfParent: 5, window: { kind: rolling, length: 1h } }] }
`),
  ).join('\n')
  expect(problems).toMatch(/limited to team=x/)
  expect(problems).toMatch(/has no limit for rolling:1h/)
})

test('a budget on a model cannot stop sandboxes, and tokens are not known by repository', () => {
  expect(
    problemsOf(
      document(`
  - { id: a, scope: { model: "*" }, metric: cost, limits: [{ amount: 1, window: { kind: lifetime } }] }
  - { id: b, scope: { repository: "*" }, metric: tokens, limits: [{ amount: 1, window: { kind: lifetime } }] }
`),
    ).join('\n'),
  ).toMatch(/no sandbox belongs to a model[\s\S]*tokens is not known by repository/)
})

test('the id of idle suspensions is taken', () => {
  const taken = `\n  - { id: idle, scope: {}, metric: cost, limits: [{ amount: 1, window: { kind: lifetime } }] }\n`
  expect(problemsOf(document(taken)).join()).toMatch(/that of suspensions for idleness/)
})

test('the same window has the same name', () => {
  expect(windowId(windowSchema.parse({ kind: 'rolling', length: '60m' }))).toBe('rolling:1h')
})

test('amounts survive their text exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
      expect(parseAmount(renderAmount(nano))).toBe(nano)
    }),
  )
  expect(parseAmount('0.000000000001')).toBe(1n)
  expect(parseAmount('lots')).toBeUndefined()
})

test('percents of amounts are exact at any size', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 24n }),
      fc.integer({ min: 1, max: 20_000 }),
      (whole, hundredths) => {
        const part = percentOf(whole, hundredths / 100)
        expect(reaches(part + 1n, whole, hundredths / 100)).toBe(true)
        expect(part === 0n || !reaches(part - 1n, whole, hundredths / 100)).toBe(true)
      },
    ),
  )
})
