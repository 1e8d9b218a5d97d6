import { expect, test } from 'vitest'
import { quietRuns } from './quiet-runs.ts'

const runner = (shares: readonly number[]): (() => Promise<number>) => {
  const left = [...shares]
  return async () => left.shift() ?? 1
}
const shareOf = (share: number): number => share

test('without being asked for quiet, the first runs count', async () => {
  expect(await quietRuns({ repeat: 2, quiet: false }, shareOf, runner([0.9, 0.5, 0]))).toEqual([0.5, 0.9])
})

test('disturbed runs are repeated until enough were not', async () => {
  const shares = [0.9, 0.01, 0.3, 0.02, 0]
  expect(await quietRuns({ repeat: 2, quiet: true }, shareOf, runner(shares), 0)).toEqual([0.01, 0.02])
})

test('on a machine that is never quiet the least disturbed runs count, in the end', async () => {
  const shares = Array.from({ length: 100 }, (_, index) => 0.9 - index / 1000)
  const found = await quietRuns({ repeat: 2, quiet: true }, shareOf, runner(shares), 0)
  expect(found).toEqual([shares[15], shares[14]])
})
