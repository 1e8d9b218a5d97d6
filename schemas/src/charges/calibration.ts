/** How far a meter is from the billing data: mean of the ratios of several burns, less one, with a 95 % confidence interval. */

/** One burn: what we metered and what the provider bills, s of active CPU. */
export interface Burn {
  readonly meteredS: number
  readonly billedS: number
}

export interface Calibration {
  readonly samples: number
  /** Metered over billed, less one: -0.02 is two percent too little. */
  readonly bias: number
  readonly low: number
  readonly high: number
  readonly tolerance: number
  /** The whole interval lies within the tolerance. */
  readonly calibrated: boolean
}

/** Fewer say nothing about their spread. */
export const BURNS_MIN = 3
export const BURNS_MAX = 100

/** Student's t, two-sided 95 %, by degrees of freedom from 1; beyond, the next lower one, which is wider. */
const tValues: readonly (readonly [degrees: number, t: number])[] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [7, 2.365],
  [8, 2.306],
  [9, 2.262],
  [10, 2.228],
  [12, 2.179],
  [15, 2.131],
  [20, 2.086],
  [30, 2.042],
  [60, 2.0],
]

/** @throws RangeError for too few burns, or one that was not billed */
export function calibrate(burns: readonly Burn[], tolerance: number): Calibration {
  if (burns.length < BURNS_MIN)
    throw new RangeError(`${burns.length} burns say too little: make ${BURNS_MIN} at least`)
  const ratios = burns.map(({ meteredS, billedS }, index) => {
    if (billedS > 0) return meteredS / billedS - 1
    throw new RangeError(`burn ${index + 1} was not billed: there is nothing to compare it with`)
  })
  const bias = mean(ratios)
  const margin = (tOf(ratios.length - 1) * deviation(ratios, bias)) / Math.sqrt(ratios.length)
  const [low, high] = [bias - margin, bias + margin]
  return {
    samples: ratios.length,
    bias,
    low,
    high,
    tolerance,
    calibrated: low >= -tolerance && high <= tolerance,
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const deviation = (values: readonly number[], around: number): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - around) ** 2, 0) / (values.length - 1))

const tOf = (degrees: number): number =>
  tValues.findLast(([known]) => known <= degrees)?.[1] ?? Number.POSITIVE_INFINITY

/** CPU that was metered in a window, by the intervals that began in it. Parameters: tenant, sandbox, fromMs, toMs. */
export const meteredCpuQuery = `SELECT toString(sum(u.cpu_s)) AS cpu_s, toUInt32(count()) AS intervals,
  groupUniqArray(toString(u.instance_type)) AS instance_types, toUInt32(countIf(u.quality != 'measured')) AS doubtful
FROM usage_intervals AS u
WHERE tenant_id = {tenant:String} AND sandbox_id = {sandbox:String}
  AND interval_start >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  AND interval_start < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')`
