import type { ClickHouseClient } from '@clickhouse/client'
import { fetchProviderUsage, type ProviderUsage } from '@sandglass/schemas/charges/provider'
import { fetchActiveInstances, type ProviderInstance } from '@sandglass/schemas/charges/provider-instances'
import {
  knownInstancesQuery,
  meteredUsageQuery,
  reconcile,
  type Reconciliation,
} from '@sandglass/schemas/charges/reconcile'
import { DECIMAL_DIGITS, formatDecimal, formatUsd, parseDecimal } from '@sandglass/schemas/money'
import { Command, Option } from 'commander'
import { readObjects } from '../clickhouse.ts'
import { UsageError } from '../errors.ts'
import type { PriceBook } from '@sandglass/schemas/price-book'
import { toCorrectionEvent, type Posting } from '../ledger/correction-events.ts'
import { driftPosting, isPosted, judgeDrift, type JudgedDrift } from '../ledger/drift.ts'
import {
  readWatermarkMs,
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
import { asking, providerAccess, withProvider, type ProviderFlags } from '../ledger/provider-options.ts'
import { renderRows } from '../output/render-rows.ts'
import { parseDay, parsePercent } from './params.ts'

interface ReconcileFlags extends LedgerFlags, AuthorityFlags, ProviderFlags {
  readonly from: string
  readonly to: string
  readonly tolerance: string
  readonly priceBook?: string
  readonly post?: boolean
}

const SETTLE_MS_MAX = 60_000
const DAY_MS = 86_400_000

const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export function reconcileCommand(): Command {
  const command = new Command('reconcile')
    .description(
      "compare metered usage with the provider's billing data: drift, sandboxes we do not see, dollars nobody owns",
    )
    .addOption(new Option('--from <day>', 'first UTC day').default(dayAt(Date.now() - DAY_MS), 'yesterday'))
    .addOption(new Option('--to <day>', 'day after the last, UTC').default(dayAt(Date.now()), 'today'))
    .option('--tolerance <percent>', 'differences up to this are shown and left alone', '1')
    .option('--price-book <file>', "price book (YAML); default: Cloudflare's list prices")
    .option('--post', 'post what is beyond the tolerance as corrections; needs --actor and --ticket')
    .addHelpText('after', AFTER_HELP)
  return withLedgerAuthority(withProvider(withLedger(command))).action(runReconcile)
}

const AFTER_HELP = `
Only days that are over, an hour ago at least, and stored as a whole are posted; the others are shown as partial.
The provider counts the micro VM around a container too; sandglass verify-meter tells how much that is.
Two runs post once: what was posted counts as metered.
`

async function runReconcile(flags: ReconcileFlags): Promise<void> {
  const authority =
    flags.post === true ? requireAuthority(flags, '--post', 'reconciled with the provider') : undefined
  const [fromMs, toMs] = [parseDay('--from', flags.from), parseDay('--to', flags.to)]
  if (fromMs >= toMs) throw new UsageError(`--from ${flags.from} is not before --to ${flags.to}`)
  const tolerancePercent = parsePercent('--tolerance', flags.tolerance)
  const access = providerAccess(flags)
  const book = readPriceBook(flags.priceBook)
  const theirs = {
    billed: await asking(fetchProviderUsage(access, { fromMs, toMs })),
    active: await asking(fetchActiveInstances(access)),
  }
  await withReader(flags, async (reader) => {
    await waitForWatermark(reader, flags.tenant, Date.now(), SETTLE_MS_MAX)
    const found = await compare(reader, { flags, theirs, book, tolerancePercent })
    const postings = found.drift.filter(isPosted).map((row) => driftPosting(row, book))
    if (authority !== undefined) await post(reader, flags, postings, authority)
    print(flags, {
      ...found,
      posted: authority === undefined ? 0 : postings.length,
      postable: postings.length,
    })
  })
}

interface Comparison {
  readonly flags: ReconcileFlags
  readonly theirs: { readonly billed: readonly ProviderUsage[]; readonly active: readonly ProviderInstance[] }
  readonly book: PriceBook
  readonly tolerancePercent: number
}

async function compare(
  reader: ClickHouseClient,
  { flags, theirs: { billed, active }, book, tolerancePercent }: Comparison,
): Promise<Found> {
  const sandboxes = await readSandboxes(reader, flags.tenant)
  const owners = new Map(sandboxes.map((row) => [row.instance_id, row.team_id]))
  const found = reconcile(await readMetered(reader, flags), billed, owners, book)
  const knownUntilMs = Math.min((await readWatermarkMs(reader, flags.tenant)) ?? Date.now(), Date.now())
  const activeIds = new Set(active.map(({ instanceId }) => instanceId))
  return {
    ...found,
    drift: judgeDrift(found.drift, knownUntilMs, tolerancePercent),
    unseenActive: active.filter(({ instanceId }) => !owners.has(instanceId)),
    notActive: sandboxes.filter((row) => row.live === 1 && !activeIds.has(row.instance_id)),
  }
}

/** Posts, and waits until it is queryable: the next run counts it as metered. */
async function post(
  reader: ClickHouseClient,
  flags: ReconcileFlags,
  postings: readonly Posting[],
  authority: Authority,
): Promise<void> {
  if (postings.length === 0) return
  const nowMs = Date.now()
  await postEvents(
    flags,
    postings.map((posting) => toCorrectionEvent(posting, authority, nowMs)),
  )
  await waitForWatermark(reader, flags.tenant, Date.now(), SETTLE_MS_MAX)
}

interface KnownSandbox {
  readonly instance_id: string
  readonly team_id: string
  readonly live: number
  readonly sandbox_name: string
}

const readSandboxes = (reader: ClickHouseClient, tenant: string): Promise<readonly KnownSandbox[]> =>
  readObjects<KnownSandbox>(reader, knownInstancesQuery, { tenant })

async function readMetered(reader: ClickHouseClient, { tenant, from, to }: ReconcileFlags) {
  const rows = await readObjects<Record<'team_id' | 'day' | 'sku' | 'quantity', string>>(
    reader,
    meteredUsageQuery,
    {
      tenant,
      from,
      to,
    },
  )
  return rows.map(({ team_id, day, sku, quantity }) => ({
    teamId: team_id,
    day,
    sku,
    quantity: parseDecimal(quantity, DECIMAL_DIGITS),
  }))
}

interface Found extends Reconciliation {
  readonly drift: readonly JudgedDrift[]
  readonly unseenActive: readonly ProviderInstance[]
  readonly notActive: readonly KnownSandbox[]
}

interface Outcome extends Found {
  readonly posted: number
  readonly postable: number
}

const quantity = (value: bigint): string => formatDecimal(value, DECIMAL_DIGITS)

const toLine = (row: JudgedDrift) => ({
  day: row.day,
  team: row.teamId,
  sku: row.sku,
  metered: quantity(row.metered),
  provider: quantity(row.provider),
  difference: quantity(row.difference),
  differenceUsd: formatUsd(row.costNanoUsd),
  state: !row.complete ? 'partial' : row.within ? 'within' : 'drift',
})

function toReport(flags: ReconcileFlags, outcome: Outcome) {
  return {
    from: flags.from,
    to: flags.to,
    drift: outcome.drift.map(toLine),
    unseen: outcome.unseen.map(({ costNanoUsd, ...instance }) => ({
      ...instance,
      usd: formatUsd(costNanoUsd),
    })),
    unseenActive: outcome.unseenActive,
    notActive: outcome.notActive.map(({ instance_id, team_id, sandbox_name }) => ({
      instanceId: instance_id,
      team: team_id,
      name: sandbox_name,
    })),
    unattributedUsd: formatUsd(outcome.unattributedNanoUsd),
    posted: outcome.posted,
    postable: outcome.postable,
  }
}

function print(flags: ReconcileFlags, outcome: Outcome): void {
  const report = toReport(flags, outcome)
  if (flags.json === true) return console.log(JSON.stringify(report))
  const sections: readonly (readonly [string, readonly Readonly<Record<string, unknown>>[]])[] = [
    ["metered against the provider's billing data", report.drift],
    ['sandboxes we do not see: billed, and none of ours', report.unseen],
    ['active at the provider, and none of ours', report.unseenActive.map((row) => ({ ...row }))],
    ['live in our books, and not active at the provider', report.notActive],
  ]
  for (const [title, rows] of sections) printSection(title, rows)
  console.log(`dollars we cannot attribute: ${report.unattributedUsd} USD`)
  console.log(
    flags.post === true
      ? `${report.posted} corrections recorded`
      : `${report.postable} differences would be posted (--post)`,
  )
}

function printSection(title: string, rows: readonly Readonly<Record<string, unknown>>[]): void {
  const columns = Object.keys(rows[0] ?? {})
  console.log(`${title}: ${rows.length === 0 ? 'none' : ''}`)
  if (rows.length === 0) return
  console.log(renderRows({ columns, rows: rows.map((row) => columns.map((name) => row[name])) }, 'table'))
}
