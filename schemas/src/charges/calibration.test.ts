import { expect, it } from 'vitest'
import { calibrate } from './calibration.ts'

const burns = (...ratios: readonly number[]) => ratios.map((ratio) => ({ meteredS: 30 * ratio, billedS: 30 }))

it('has the mean of the ratios and the interval that a table of t gives', () => {
  // Mean 0.98, standard deviation 0.01, t(2) = 4.303: margin 0.01 · 4.303 / √3.
  const { bias, low, high, samples } = calibrate(burns(0.97, 0.98, 0.99), 0.05)
  expect(samples).toBe(3)
  expect(bias).toBeCloseTo(-0.02, 10)
  expect(low).toBeCloseTo(-0.02 - 0.024843, 5)
  expect(high).toBeCloseTo(-0.02 + 0.024843, 5)
})

it('is calibrated only when the whole interval lies within the tolerance', () => {
  expect(calibrate(burns(0.97, 0.98, 0.99), 0.05).calibrated).toBe(true)
  expect(calibrate(burns(0.97, 0.98, 0.99), 0.04).calibrated).toBe(false)
  expect(calibrate(burns(0.8, 1, 1.2), 0.05).calibrated).toBe(false)
  expect(calibrate(burns(1.5, 1.5, 1.5), 0.05).calibrated).toBe(false)
})

it('narrows with more burns', () => {
  const few = calibrate(burns(0.98, 1, 1.02), 1)
  const many = calibrate(burns(...Array.from({ length: 30 }, (_, n) => 0.98 + (n % 3) * 0.02)), 1)
  expect(many.high - many.low).toBeLessThan((few.high - few.low) / 4)
})

it.each([
  ['too few burns', burns(1, 1), /2 burns say too little/],
  ['a burn that was not billed', [...burns(1, 1), { meteredS: 1, billedS: 0 }], /burn 3 was not billed/],
])('refuses %s', (_, made, message) => {
  expect(() => calibrate(made, 0.05)).toThrow(message)
})
