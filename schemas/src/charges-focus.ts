/**
 * Export in FOCUS 1.2, one row per sandbox, SKU and hour, from the same rollup that dashboards read: totals are equal to the last
 * digit. https://focus.finops.org/focus-specification/v1-2/
 * It is an estimate at list prices: ListCost, ContractedCost and EffectiveCost are equal, and BilledCost is 0, because nothing in
 * it was invoiced. A bill comes from the provider.
 */

export interface FocusOptions {
  readonly tenant: string
  /** Unix time in ms, inclusive; whole hours, or the first hour is exported in part as a whole. */
  readonly fromMs: number
  /** Unix time in ms, exclusive. */
  readonly toMs: number
  /** Account at Cloudflare that is billed; the tenant when unknown. */
  readonly accountId?: string
}

export interface FocusQuery {
  readonly query: string
  readonly params: Readonly<Record<string, string | number>>
}

interface FocusColumn {
  readonly name: string
  readonly sql: string
}

const isModel = "startsWith(sku, 'llm.')"
const cost = 'sum(s.cost_usd)'

/** Columns in the order of the file: FOCUS's mandatory ones first, then optional ones, then our own. */
export const focusColumns: readonly FocusColumn[] = [
  { name: 'BilledCost', sql: 'toDecimal128(0, 12)' },
  { name: 'BillingAccountId', sql: '{account:String}' },
  { name: 'BillingAccountName', sql: '{account:String}' },
  { name: 'BillingCurrency', sql: "'USD'" },
  { name: 'BillingPeriodStart', sql: "toDateTime(toStartOfMonth(hour), 'UTC')" },
  { name: 'BillingPeriodEnd', sql: "toDateTime(toStartOfMonth(hour) + INTERVAL 1 MONTH, 'UTC')" },
  { name: 'ChargeCategory', sql: "'Usage'" },
  { name: 'ChargeClass', sql: "CAST(NULL, 'Nullable(String)')" },
  { name: 'ChargeDescription', sql: "concat('Estimate of ', sku, ' in ', unit)" },
  { name: 'ChargePeriodStart', sql: 'hour' },
  { name: 'ChargePeriodEnd', sql: 'hour + INTERVAL 1 HOUR' },
  { name: 'ContractedCost', sql: cost },
  { name: 'EffectiveCost', sql: cost },
  { name: 'InvoiceIssuerName', sql: `if(${isModel}, 'Model provider', 'Cloudflare')` },
  { name: 'ListCost', sql: cost },
  { name: 'PricingQuantity', sql: 'sum(s.quantity)' },
  { name: 'PricingUnit', sql: 'unit' },
  { name: 'ProviderName', sql: `if(${isModel}, 'Model provider', 'Cloudflare')` },
  { name: 'PublisherName', sql: `if(${isModel}, 'Model provider', 'Cloudflare')` },
  {
    name: 'ServiceCategory',
    sql: `multiIf(${isModel}, 'AI and Machine Learning', startsWith(sku, 'container.egress.'), 'Networking', 'Compute')`,
  },
  {
    name: 'ServiceName',
    sql: `multiIf(${isModel}, 'Inference', startsWith(sku, 'durable_object.'), 'Durable Objects', 'Containers')`,
  },
  { name: 'ConsumedQuantity', sql: 'sum(s.quantity)' },
  { name: 'ConsumedUnit', sql: 'unit' },
  { name: 'RegionId', sql: 'region' },
  { name: 'ResourceId', sql: 'sandbox_id' },
  { name: 'SkuId', sql: 'sku' },
  { name: 'x_Tenant', sql: 'tenant_id' },
  { name: 'x_Team', sql: 'team_id' },
  { name: 'x_User', sql: 'user_id' },
  { name: 'x_CostCenter', sql: 'cost_center' },
  { name: 'x_InstanceType', sql: 'instance_type' },
  { name: 'x_Environment', sql: 'environment' },
  { name: 'x_Model', sql: 'model' },
  { name: 'x_Charges', sql: 'sum(s.charges)' },
  { name: 'x_Quality', sql: "'uncalibrated'" },
]

const keys = [
  'tenant_id',
  'hour',
  'sandbox_id',
  'team_id',
  'cost_center',
  'user_id',
  'instance_type',
  'region',
  'environment',
  'model',
  'sku',
  'unit',
].join(', ')

/** The query whose answer is the file; append FORMAT CSVWithNames or FORMAT Parquet. */
export function focusQuery({ tenant, fromMs, toMs, accountId }: FocusOptions): FocusQuery {
  const columns = focusColumns.map(({ name, sql }) => `  ${sql} AS ${name}`)
  return {
    query: [
      `SELECT\n${columns.join(',\n')}`,
      'FROM spend_by_sandbox AS s',
      'WHERE tenant_id = {tenant:String}',
      "  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC'))",
      "  AND hour < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')",
      `GROUP BY ${keys}`,
      `ORDER BY ${keys}`,
    ].join('\n'),
    params: { tenant, fromMs, toMs, account: accountId ?? tenant },
  }
}
