/** Finds what stored charges would cost under a price book, day by day. */
import type { ClickHouseClient } from '@clickhouse/client'
import { correctionsOf, type ChargeCorrection } from '@sandglass/schemas/charges/correct'
import {
  intervalSharesQuery,
  providersQuery,
  storedChargesQuery,
  toShares,
  toStoredCharge,
  type IntervalSharesRow,
  type StoredChargeRow,
} from '@sandglass/schemas/charges/stored'
import type { PriceBook } from '@sandglass/schemas/price-book'
import { readObjects } from '../clickhouse.ts'

export interface CorrectionScope {
  readonly tenant: string
  /** Unix time, ms; end exclusive. */
  readonly fromMs: number
  readonly toMs: number
  /** A SKU or the beginning of one; empty for all. */
  readonly sku: string
}

export interface DayOfCorrections {
  readonly corrections: readonly ChargeCorrection[]
  /** Charges looked at. */
  readonly charges: number
}

const DAY_MS = 86_400_000

/** A day at a time, so that memory holds one. */
export async function* findCorrections(
  reader: ClickHouseClient,
  scope: CorrectionScope,
  book: PriceBook,
): AsyncGenerator<DayOfCorrections> {
  for (const day of daysOf(scope)) {
    const params = { ...scope, ...day }
    const rows = await readObjects<StoredChargeRow>(reader, storedChargesQuery, params)
    if (rows.length === 0) continue
    const shares = await readObjects<IntervalSharesRow>(reader, intervalSharesQuery, params)
    const providers = await readObjects<{ source: string; provider: string }>(reader, providersQuery, params)
    yield {
      charges: rows.length,
      corrections: correctionsOf(rows.map(toStoredCharge), {
        book,
        shares: new Map(shares.map(toShares)),
        providers: new Map(providers.map(({ source, provider }) => [source, provider])),
      }),
    }
  }
}

/** Cut at midnights UTC. */
function daysOf({ fromMs, toMs }: CorrectionScope): readonly { fromMs: number; toMs: number }[] {
  const first = Math.floor(fromMs / DAY_MS)
  const count = Math.max(0, Math.ceil(toMs / DAY_MS) - first)
  return Array.from({ length: count }, (_, index) => ({
    fromMs: Math.max(fromMs, (first + index) * DAY_MS),
    toMs: Math.min(toMs, (first + index + 1) * DAY_MS),
  }))
}
