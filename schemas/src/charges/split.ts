/** Splits an amount so that the parts sum to it exactly: largest remainder, ties to the earlier part. */

/** Non-negative `total` by non-negative `weights`. All weights zero: equal parts. No weights: no parts. */
export function splitExactly(total: bigint, weights: readonly bigint[]): readonly bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n)
  if (sum === 0n && weights.length > 0) return splitExactly(total, equalWeights(weights.length))
  const floors = weights.map((weight) => (total * weight) / sum)
  const missing = total - floors.reduce((a, b) => a + b, 0n)
  const first = byRemainder(total, weights, sum).slice(0, Number(missing))
  const raised = new Set(first)
  return floors.map((part, index) => (raised.has(index) ? part + 1n : part))
}

export const equalWeights = (count: number): readonly bigint[] => Array.from({ length: count }, () => 1n)

/** Indices, largest remainder first. */
function byRemainder(total: bigint, weights: readonly bigint[], sum: bigint): readonly number[] {
  return weights
    .map((weight, index) => ({ index, remainder: (total * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
    .map(({ index }) => index)
}
