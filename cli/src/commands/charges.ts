import { CorrectionError } from '@sandglass/schemas/charges/correct'
import { DECIMAL_DIGITS, formatDecimal } from '@sandglass/schemas/money'
import type { PriceBook } from '@sandglass/schemas/price-book'
import type { ClickHouseClient } from '@clickhouse/client'
import { Command, Option } from 'commander'
import { OperationError, UsageError } from '../errors.ts'
import { toCorrectionEvent, toPosting, type Posting } from '../ledger/correction-events.ts'
import { findCorrections, type CorrectionScope } from '../ledger/corrections.ts'
import { createDifferences, type DifferenceLine } from '../ledger/difference-report.ts'
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
import { parseInstant } from './params.ts'

interface CorrectFlags extends LedgerFlags, AuthorityFlags {
  readonly from: string
  readonly to: string
  readonly sku: string
  readonly priceBook?: string
  readonly apply?: boolean
  readonly dryRun?: boolean
}

/** How long to wait for the collector to have stored what it acknowledged. */
const SETTLE_MS_MAX = 60_000
/** Corrections of one run: a longer window is corrected in parts. */
const CORRECTIONS_MAX = 1_000_000

export function chargesCommand(): Command {
  const root = new Command('charges').description('stored charges: correct what was priced wrongly')
  const correct = root
    .command('correct')
    .description('recompute charges with a price book and post the differences as corrections')
    .requiredOption('--from <instant>', 'start of the charge periods, ISO 8601, inclusive')
    .requiredOption('--to <instant>', 'end, ISO 8601, exclusive')
    .option('--sku <sku>', 'this SKU only, or those that begin like it: container.egress', '')
    .option('--price-book <file>', "price book (YAML) that is right; default: Cloudflare's list prices")
    .addOption(new Option('--dry-run', 'print the difference, change nothing (default)').conflicts('apply'))
    .option('--apply', 'post the corrections; needs --actor and --ticket')
    .addHelpText('after', AFTER_HELP)
  withLedgerAuthority(withLedger(correct)).action(runCorrect)
  return root
}

const AFTER_HELP = `
A correction is a row of its own: what a charge cost, corrections included, is brought to what the book makes of its quantity.
So a second run finds nothing to do, and a mistaken correction is corrected by a run with the right book.
`

async function runCorrect(flags: CorrectFlags): Promise<void> {
  const authority = flags.apply === true ? requireAuthority(flags, '--apply', 'prices corrected') : undefined
  const scope = toScope(flags)
  const book = readPriceBook(flags.priceBook)
  const outcome = await withReader(flags, (reader) => correct(reader, { flags, scope, book, authority }))
  print(outcome, flags.json === true)
}

function toScope(flags: CorrectFlags): CorrectionScope {
  const [fromMs, toMs] = [parseInstant('--from', flags.from), parseInstant('--to', flags.to)]
  if (fromMs >= toMs) throw new UsageError(`--from ${flags.from} is not before --to ${flags.to}`)
  return { tenant: flags.tenant, fromMs, toMs, sku: flags.sku }
}

interface Run {
  readonly flags: CorrectFlags
  readonly scope: CorrectionScope
  readonly book: PriceBook
  readonly authority: Authority | undefined
}

interface Outcome {
  readonly applied: boolean
  readonly charges: number
  readonly corrections: number
  readonly differenceUsd: string
  readonly lines: readonly DifferenceLine[]
}

/** What is acknowledged but not yet queryable could be a correction: it is waited for, before and after. */
async function correct(reader: ClickHouseClient, run: Run): Promise<Outcome> {
  await waitForWatermark(reader, run.scope.tenant, Date.now(), SETTLE_MS_MAX)
  const differences = createDifferences()
  const postings: Posting[] = []
  let charges = 0
  for await (const day of catching(findCorrections(reader, run.scope, run.book))) {
    charges += day.charges
    postings.push(...day.corrections.map(toPosting))
    if (postings.length > CORRECTIONS_MAX)
      throw new UsageError(`more than ${CORRECTIONS_MAX} corrections: choose a shorter window`)
  }
  for (const posting of postings) differences.add(posting)
  if (run.authority !== undefined) await apply(reader, run, postings, run.authority)
  return {
    applied: run.authority !== undefined,
    charges,
    corrections: differences.postings,
    differenceUsd: formatDecimal(differences.totalUsd, DECIMAL_DIGITS),
    lines: differences.lines(),
  }
}

async function* catching<T>(days: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* days
  } catch (error) {
    if (error instanceof CorrectionError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** Posts, waits until it is queryable, and looks again: nothing may be left. */
async function apply(
  reader: ClickHouseClient,
  { flags, scope, book }: Run,
  postings: readonly Posting[],
  authority: Authority,
): Promise<void> {
  if (postings.length === 0) return
  const nowMs = Date.now()
  await postEvents(
    flags,
    postings.map((posting) => toCorrectionEvent(posting, authority, nowMs)),
  )
  await waitForWatermark(reader, scope.tenant, Date.now(), SETTLE_MS_MAX)
  let left = 0
  for await (const day of findCorrections(reader, scope, book)) left += day.corrections.length
  if (left === 0) return
  throw new OperationError(
    `${postings.length} corrections are recorded, yet ${left} charges still differ: someone else corrected at the same time, or ` +
      `the token does not belong to tenant ${scope.tenant}. Run the command again without --apply and compare`,
  )
}

function print(outcome: Outcome, json: boolean): void {
  if (json) return console.log(JSON.stringify(outcome))
  const { charges, corrections, differenceUsd, applied, lines } = outcome
  if (lines.length > 0) {
    const columns = ['day', 'team', 'sku', 'charges', 'difference USD']
    const rows = lines.map((line) => [line.day, line.team, line.sku, line.charges, line.differenceUsd])
    console.log(renderRows({ columns, rows }, 'table'))
  }
  const what = `${corrections} of ${charges} charges differ, ${differenceUsd} USD in all`
  console.log(
    corrections === 0
      ? `${charges} charges are right`
      : `${what}: ${applied ? 'recorded' : 'nothing was changed (--apply posts it)'}`,
  )
}
