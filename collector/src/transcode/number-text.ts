/** Numbers as the OpenTelemetry Collector writes them into strings. */

/** Signed 64-bit integer from its halves. */
export function formatInteger(low: number, high: number): string {
  if (high === low >> 31) return String(low | 0)
  return toBigInt(low, high).toString()
}

export function toBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** As ECMAScript, with the sign of minus zero. */
export function formatDouble(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
