import { DECIMAL_DIGITS, formatDecimal } from '@sandglass/schemas/money'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command } from 'commander'
import { OperationError, UsageError } from '../errors.ts'
import {
  chooseCutoff,
  closeEvents,
  computeClose,
  parseMonth,
  readClosed,
  type CloseLine,
  type Month,
  type MonthClose,
} from '../ledger/close-month.ts'
import {
  requireAuthority,
  waitForWatermark,
  withLedger,
  withLedgerAuthority,
  withReader,
  type Authority,
  type AuthorityFlags,
  type LedgerFlags,
} from '../ledger/ledger.ts'
import { postEvents } from '../ledger/post-events.ts'
import { readPriceBook } from '../ledger/price-book-file.ts'
import { renderRows } from '../output/render-rows.ts'

interface CloseFlags extends LedgerFlags, AuthorityFlags {
  readonly dryRun?: boolean
  readonly priceBook?: string
}

const SETTLE_MS_MAX = 60_000

export function closeCommand(): Command {
  const command = new Command('close')
    .description('close a month: freeze what it cost, apply allowances and shared cost')
    .argument('<month>', 'a month that has ended, UTC: 2026-10')
    .option('--dry-run', 'print what each team would owe, change nothing')
    .option('--price-book <file>', "price book (YAML) whose allowances apply; default: Cloudflare's")
    .addHelpText('after', AFTER_HELP)
  return withLedgerAuthority(withLedger(command)).action(runClose)
}

const AFTER_HELP = `
Of each SKU the monthly allowance covers the first quantity of the account; teams share it in proportion to what they used.
What no team owns is shared cost: the teams bear it in proportion to their own effective cost of that SKU.
Charges that come for a closed month later, corrections too, are booked when they come: the month stays as it is.
`

async function runClose(name: string, flags: CloseFlags): Promise<void> {
  const month = parseMonth(name)
  const authority =
    flags.dryRun === true ? undefined : requireAuthority(flags, 'closing a month', `${name} closed`)
  await withReader(flags, async (reader) => {
    const close = await prepare(reader, flags, month)
    if (authority !== undefined) await record(reader, flags, close, authority)
    print(close, authority !== undefined, flags.json === true)
  })
}

async function prepare(reader: ClickHouseClient, flags: CloseFlags, month: Month): Promise<MonthClose> {
  const closed = await readClosed(reader, flags.tenant, month)
  if (closed !== undefined) {
    throw new UsageError(
      `${month.name} was closed at ${closed.closed_at} by ${closed.actor_id} (${closed.ticket}): a month is closed once. ` +
        'What is wrong in it is corrected with sandglass charges correct and booked forward',
    )
  }
  const cutoffMs = await chooseCutoff(reader, flags.tenant, month, Date.now())
  return computeClose(reader, flags.tenant, month, cutoffMs, readPriceBook(flags.priceBook))
}

/** Records it and reads it back: of two people who close at once, the first has closed. */
async function record(
  reader: ClickHouseClient,
  flags: CloseFlags,
  close: MonthClose,
  authority: Authority,
): Promise<void> {
  await postEvents(flags, closeEvents(close, authority, Date.now()))
  await waitForWatermark(reader, flags.tenant, Date.now(), SETTLE_MS_MAX)
  const closed = await readClosed(reader, flags.tenant, close.month)
  if (closed?.close_id === close.closeId) return
  throw new OperationError(
    closed === undefined
      ? `${close.month.name} is recorded and cannot be read: does the token belong to tenant ${flags.tenant}?`
      : `${closed.actor_id} closed ${close.month.name} at the same time, and first: theirs counts`,
  )
}

const usd = (pico: bigint): string => formatDecimal(pico, DECIMAL_DIGITS)

const total = (lines: readonly CloseLine[], of: (line: CloseLine) => bigint): string =>
  usd(lines.reduce((sum, line) => sum + of(line), 0n))

const toRow = (line: CloseLine) => ({
  team: line.teamId,
  sku: line.sku,
  unit: line.unit,
  quantity: usd(line.quantity),
  allowance: usd(line.allowance),
  listCostUsd: usd(line.listCost),
  effectiveCostUsd: usd(line.effectiveCost),
  sharedCostUsd: usd(line.sharedCost),
  owedUsd: usd(line.effectiveCost + line.sharedCost),
})

function print({ month, closeId, cutoffMs, lines }: MonthClose, closed: boolean, json: boolean): void {
  const rows = lines.map(toRow)
  const sums = {
    listCostUsd: total(lines, ({ listCost }) => listCost),
    effectiveCostUsd: total(lines, ({ effectiveCost }) => effectiveCost),
    owedUsd: total(lines, ({ effectiveCost, sharedCost }) => effectiveCost + sharedCost),
  }
  const cutoff = new Date(cutoffMs).toISOString()
  if (json)
    return console.log(
      JSON.stringify({
        month: month.name,
        closed,
        ...(closed ? { closeId } : {}),
        cutoff,
        ...sums,
        lines: rows,
      }),
    )
  const columns = [
    'team',
    'sku',
    'quantity',
    'allowance',
    'list USD',
    'effective USD',
    'shared USD',
    'owed USD',
  ]
  const cells = rows.map((row) => [
    row.team,
    row.sku,
    row.quantity,
    row.allowance,
    row.listCostUsd,
    row.effectiveCostUsd,
    row.sharedCostUsd,
    row.owedUsd,
  ])
  console.log(renderRows({ columns, rows: cells }, 'table'))
  console.log(
    `${month.name}: ${sums.listCostUsd} USD at list prices, ${sums.owedUsd} USD owed; ` +
      (closed
        ? `closed: what is ingested from ${cutoff} on is booked later`
        : 'nothing was changed (without --dry-run it closes the month)'),
  )
}
