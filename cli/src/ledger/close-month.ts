/** Closing a month: what each team owes, computed at a cutoff and recorded as events. */
import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import {
  closeMonth,
  monthSpendQuery,
  type MonthLine,
  type MonthSpend,
} from '@sandglass/schemas/charges/close'
import { DECIMAL_DIGITS, formatDecimal, parseDecimal } from '@sandglass/schemas/money'
import { editionAt, type PriceBook } from '@sandglass/schemas/price-book'
import { attr, event } from '@sandglass/schemas/semconv'
import { readObjects } from '../clickhouse.ts'
import { OperationError, UsageError } from '../errors.ts'
import { authorityAttributes } from './correction-events.ts'
import { readWatermarkMs, type Authority } from './ledger.ts'
import type { BookEvent } from './post-events.ts'

export interface Month {
  /** 2026-10 */
  readonly name: string
  /** Unix time in ms; end exclusive. */
  readonly startMs: number
  readonly endMs: number
}

export interface MonthClose {
  readonly month: Month
  readonly closeId: string
  /** Charges ingested from here on are booked when they came, Unix time in ms. */
  readonly cutoffMs: number
  readonly priceVersion: string
  readonly lines: readonly CloseLine[]
}

export interface CloseLine extends MonthLine {
  readonly unit: string
}

export interface ClosedMonth {
  readonly close_id: string
  readonly closed_at: string
  readonly cutoff: string
  readonly actor_id: string
  readonly ticket: string
}

/**
 * What was ingested before the watermark is queryable only when it was also acknowledged before it; a request takes less than
 * this, ms.
 */
const REQUEST_MS_MAX = 10 * 60_000

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/

/** Throws UsageError for anything but a month such as 2026-10. */
export function parseMonth(text: string): Month {
  const [, year, month] = MONTH.exec(text) ?? []
  if (year === undefined || month === undefined)
    throw new UsageError(`${text} is no month: write it as 2026-10`)
  const first = Number(month) - 1
  return { name: text, startMs: Date.UTC(Number(year), first), endMs: Date.UTC(Number(year), first + 1) }
}

/** Throws UsageError for a month that goes on, OperationError while data of it may still be on its way. */
export async function chooseCutoff(
  reader: ClickHouseClient,
  tenant: string,
  { name, endMs }: Month,
  nowMs: number,
): Promise<number> {
  if (nowMs < endMs) {
    throw new UsageError(
      `${name} has not ended: it can be closed from ${new Date(endMs + REQUEST_MS_MAX).toISOString()} on`,
    )
  }
  const knownMs = Math.min((await readWatermarkMs(reader, tenant)) ?? nowMs, nowMs)
  const cutoffMs = knownMs - REQUEST_MS_MAX
  if (cutoffMs >= endMs) return cutoffMs
  throw new OperationError(
    `${name} cannot be closed yet: everything up to ${new Date(knownMs).toISOString()} is stored, and ` +
      `${new Date(endMs + REQUEST_MS_MAX).toISOString()} is needed. Is a collector behind? See sandglass query watermark`,
  )
}

const CLOSED = `SELECT close_id, toString(closed_at) AS closed_at, toString(cutoff) AS cutoff, actor_id, ticket
FROM closed_months WHERE tenant_id = {tenant:String} AND month = {month:Date}`

export async function readClosed(
  reader: ClickHouseClient,
  tenant: string,
  month: Month,
): Promise<ClosedMonth | undefined> {
  const [row] = await readObjects<ClosedMonth>(reader, CLOSED, { tenant, month: `${month.name}-01` })
  return row
}

/** What would be recorded. The allowances are those in force on the first day. */
export async function computeClose(
  reader: ClickHouseClient,
  tenant: string,
  month: Month,
  cutoffMs: number,
  book: PriceBook,
): Promise<MonthClose> {
  const params = { tenant, month: `${month.name}-01`, cutoffMs }
  const rows = await readObjects<Record<'team_id' | 'sku' | 'unit' | 'quantity' | 'cost_usd', string>>(
    reader,
    monthSpendQuery,
    params,
  )
  const edition = editionAt(book, month.startMs)
  const spend = rows.map(({ team_id, sku, quantity, cost_usd }): MonthSpend => ({
    teamId: team_id,
    sku,
    quantity: parseDecimal(quantity, DECIMAL_DIGITS),
    listCost: parseDecimal(cost_usd, DECIMAL_DIGITS),
  }))
  const lines = closeMonth(spend, edition).map((line, index) => ({ ...line, unit: rows[index]?.unit ?? '' }))
  return { month, closeId: `cls_${randomUUID()}`, cutoffMs, priceVersion: edition.version, lines }
}

/** Lines first: the event that ends them makes the close whole. */
export function closeEvents(close: MonthClose, authority: Authority, nowMs: number): readonly BookEvent[] {
  const { closeId, month, cutoffMs, lines, priceVersion } = close
  const head = { [attr.closeId]: closeId, [attr.closeMonth]: month.name }
  const lineEvents = lines.map((line) => ({
    name: event.monthLineClosed,
    timeMs: nowMs,
    attributes: { ...head, ...lineAttributes(line) },
  }))
  const last = {
    name: event.monthClosed,
    timeMs: nowMs,
    attributes: {
      ...head,
      [attr.closeCutoff]: cutoffMs,
      [attr.closeLines]: lines.length,
      [attr.priceVersionAfter]: priceVersion,
      ...authorityAttributes(authority),
    },
  }
  return [...lineEvents, last].map((each) => ({ event: each, environment: '' }))
}

const lineAttributes = (line: CloseLine) => ({
  [attr.teamId]: line.teamId,
  [attr.chargeSku]: line.sku,
  [attr.chargeUnit]: line.unit,
  [attr.closeQuantity]: formatDecimal(line.quantity, DECIMAL_DIGITS),
  [attr.closeAllowance]: formatDecimal(line.allowance, DECIMAL_DIGITS),
  [attr.closeListCost]: formatDecimal(line.listCost, DECIMAL_DIGITS),
  [attr.closeEffectiveCost]: formatDecimal(line.effectiveCost, DECIMAL_DIGITS),
  [attr.closeSharedCost]: formatDecimal(line.sharedCost, DECIMAL_DIGITS),
})
