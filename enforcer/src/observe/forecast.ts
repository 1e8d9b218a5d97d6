/** When a limit will be reached: at the lesser of the burn rates over two windows, so that a short burst alone says nothing. */
import { parseAmount, renderAmount } from '@sandglass/schemas/budgets/amount'

export interface Forecast {
  /** Time until the limit is reached, ms; null when that is not within the window. */
  readonly exhaustedInMs: number | null
  /** Spend expected at the end of the window, decimal; null where there is no end. */
  readonly forecast: string | null
}

export const noForecast: Forecast = { exhaustedInMs: null, forecast: null }

/** Spend of the last `lengthMs`, decimal. */
export interface Recent {
  readonly amount: string
  readonly lengthMs: number
}

export interface ForecastInputs {
  readonly spend: string
  readonly limit: string
  readonly nowMs: number
  readonly windowEndMs: number | null
  readonly long: Recent
  readonly short: Recent
}

export function forecastOf({ spend, limit, nowMs, windowEndMs, long, short }: ForecastInputs): Forecast {
  const rate = lesser(rateOf(long), rateOf(short))
  const left = amountOf(limit) - amountOf(spend)
  const remainingMs = windowEndMs === null ? null : BigInt(Math.max(0, windowEndMs - nowMs))
  const forecast =
    remainingMs === null ? null : renderAmount(amountOf(spend) + (rate.amount * remainingMs) / rate.lengthMs)
  if (left <= 0n) return { exhaustedInMs: 0, forecast }
  if (rate.amount <= 0n) return { exhaustedInMs: null, forecast }
  const exhaustedInMs = (left * rate.lengthMs) / rate.amount
  const within = remainingMs === null || exhaustedInMs < remainingMs
  return { exhaustedInMs: within ? Number(exhaustedInMs) : null, forecast }
}

interface Rate {
  readonly amount: bigint
  readonly lengthMs: bigint
}

const rateOf = ({ amount, lengthMs }: Recent): Rate => ({
  amount: amountOf(amount),
  lengthMs: BigInt(lengthMs),
})

const lesser = (a: Rate, b: Rate): Rate => (a.amount * b.lengthMs <= b.amount * a.lengthMs ? a : b)

const amountOf = (text: string): bigint => parseAmount(text) ?? 0n
