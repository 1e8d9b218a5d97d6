/**
 * Our quantities beside the provider's, per team, day and SKU: how far the meter drifts, which instances it never saw, and what
 * that is worth at list prices. Compares quantities, not money: the provider's data has no prices.
 */
import { scaleNumber } from '../money.ts'
import { costNanoUsd, editionAt, QUANTITY_DIGITS, type PriceBook } from '../price-book.ts'
import type { ProviderUsage } from './provider.ts'

export interface MeteredUsage {
  readonly teamId: string
  /** UTC day, YYYY-MM-DD. */
  readonly day: string
  readonly sku: string
  /** In 1e-12 of the SKU's unit. */
  readonly quantity: bigint
}

export interface Drift {
  readonly teamId: string
  readonly day: string
  readonly sku: string
  readonly metered: bigint
  readonly provider: bigint
  /** Provider less metered, in 1e-12 of the unit: positive is what we missed. */
  readonly difference: bigint
  /** The difference at the list price of the day, in nano-USD. */
  readonly costNanoUsd: bigint
}

export interface UnseenInstance {
  readonly instanceId: string
  readonly applicationId: string
  readonly teamId: string
  readonly costNanoUsd: bigint
}

export interface Reconciliation {
  readonly drift: readonly Drift[]
  /** Instances that the provider bills and no sandbox of ours ran on: sandboxes we do not see. */
  readonly unseen: readonly UnseenInstance[]
  /** What the provider's usage without a team is worth, in nano-USD: dollars we cannot attribute. */
  readonly unattributedNanoUsd: bigint
}

const BYTES_PER_GIB = 1024 ** 3
const BYTES_PER_GB = 1e9

/** Quantities of one group in our SKUs and units. Egress has a region's SKU only in ours, so it is compared as one. */
export function quantitiesOf({
  cpuTimeSec,
  allocatedMemory,
  allocatedDisk,
  txBytes,
}: ProviderUsage): ReadonlyMap<string, bigint> {
  return new Map([
    ['container.cpu', scaleNumber(cpuTimeSec, QUANTITY_DIGITS)],
    ['container.memory', scaleNumber(allocatedMemory / BYTES_PER_GIB, QUANTITY_DIGITS)],
    ['container.disk', scaleNumber(allocatedDisk / BYTES_PER_GB, QUANTITY_DIGITS)],
    ['container.egress', scaleNumber(txBytes / BYTES_PER_GB, QUANTITY_DIGITS)],
  ])
}

/** `known`: instances our sandboxes ran on, and the team of each. The provider's label decides; without one, ours does. */
export function reconcile(
  metered: readonly MeteredUsage[],
  billed: readonly ProviderUsage[],
  known: ReadonlyMap<string, string>,
  book: PriceBook,
): Reconciliation {
  const provider = billed.map((row) => ({ ...row, teamId: row.teamId || (known.get(row.instanceId) ?? '') }))
  const ours = sumBy(metered.map((row) => [keyOf({ ...row, sku: comparedSku(row.sku) }), row.quantity]))
  const theirs = sumBy(
    provider.flatMap((row) =>
      [...quantitiesOf(row)].map(([sku, quantity]) => [keyOf({ ...row, sku }), quantity] as const),
    ),
  )
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])].filter(isCompared).toSorted(byText)
  return {
    drift: keys.map((key) => driftOf(key, ours.get(key) ?? 0n, theirs.get(key) ?? 0n, book)),
    unseen: unseenInstances(provider, known, book),
    unattributedNanoUsd: worth(
      provider.filter(({ teamId }) => teamId === ''),
      book,
    ),
  }
}

function driftOf(key: string, metered: bigint, provider: bigint, book: PriceBook): Drift {
  const { teamId, day, sku } = parseKey(key)
  const difference = provider - metered
  return { teamId, day, sku, metered, provider, difference, costNanoUsd: priceOf(sku, difference, day, book) }
}

function unseenInstances(
  provider: readonly ProviderUsage[],
  known: ReadonlyMap<string, string>,
  book: PriceBook,
): readonly UnseenInstance[] {
  const byInstance = Map.groupBy(
    provider.filter(({ instanceId }) => !known.has(instanceId)),
    ({ instanceId }) => instanceId,
  )
  return [...byInstance].map(([instanceId, rows]) => ({
    instanceId,
    applicationId: rows[0]?.applicationId ?? '',
    teamId: rows[0]?.teamId ?? '',
    costNanoUsd: worth(rows, book),
  }))
}

const worth = (rows: readonly ProviderUsage[], book: PriceBook): bigint =>
  rows
    .flatMap((row) => [...quantitiesOf(row)].map(([sku, quantity]) => priceOf(sku, quantity, row.day, book)))
    .reduce((sum, cost) => sum + cost, 0n)

/** Egress without a region is priced as elsewhere. */
function priceOf(sku: string, quantity: bigint, day: string, book: PriceBook): bigint {
  const edition = editionAt(book, Date.parse(`${day}T00:00:00Z`))
  const price = edition.skus.get(sku === 'container.egress' ? 'container.egress.other' : sku)
  return price === undefined ? 0n : costNanoUsd(quantity, price.price)
}

const comparedSku = (sku: string): string => (sku.startsWith('container.egress.') ? 'container.egress' : sku)

type Key = Pick<MeteredUsage, 'teamId' | 'day' | 'sku'>

const keyOf = ({ teamId, day, sku }: Key): string => JSON.stringify([day, teamId, sku])

function parseKey(key: string): Key {
  const [day, teamId, sku] = JSON.parse(key) as [string, string, string]
  return { day, teamId, sku }
}

/** The provider meters containers; the time of Durable Objects and tokens are not in its container data. */
const isCompared = (key: string): boolean => parseKey(key).sku.startsWith('container.')

function sumBy(entries: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [key, quantity] of entries) sums.set(key, (sums.get(key) ?? 0n) + quantity)
  return sums
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1)

/** Our side: quantities per team, day and SKU. Parameters: tenant, from and to (days, to exclusive). */
export const meteredUsageQuery = `SELECT team_id, day, sku, toString(sum(s.quantity)) AS quantity
FROM spend_by_day AS s
WHERE tenant_id = {tenant:String} AND day >= {from:Date} AND day < {to:Date} AND startsWith(sku, 'container.')
GROUP BY team_id, day, sku`

/**
 * Instances our sandboxes ran on, and whose they are: an instance's id is its Durable Object's, which is the sandbox's, unless
 * the sender named another. Parameter: tenant.
 */
export const knownInstancesQuery = `SELECT arrayJoin(arrayFilter(id -> id != '', arrayDistinct([sandbox_id, instance_id]))) AS instance_id,
  any(s.team_id) AS team_id, max(s.live) AS live, any(s.sandbox_name) AS sandbox_name
FROM sandboxes AS s
WHERE tenant_id = {tenant:String}
GROUP BY instance_id`
