/**
 * Export in FOCUS 1.2, one row per sandbox, SKU and hour, from the charges that the rollups of dashboards are made of: totals are
 * equal to the last digit. https://focus.finops.org/focus-specification/v1-2/
 * It is an estimate at list prices: BilledCost is 0, because nothing in it was invoiced; a bill comes from the provider. ListCost,
 * ContractedCost and EffectiveCost of usage are equal. Closing a month adds rows without list cost: included allowances (Credit)
 * and the cost that nobody owns, moved to the teams (Adjustment). A closed month exports the same rows for ever.
 */

export interface FocusOptions {
  readonly tenant: string
  /** Unix time in ms, inclusive; an hour that begins or ends in it is exported as a whole. */
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
  /** Over the charges of one sandbox, SKU and hour. */
  readonly usage: string
  /** Over what the close of a month adds: allowances as credits, shared cost as adjustments. */
  readonly close: string
}

const isModel = "startsWith(sku, 'llm.')"
const issuer = `if(${isModel}, 'Model provider', 'Cloudflare')`
const none = (type: string): string => `CAST(NULL, 'Nullable(${type})')`
const zero = 'toDecimal128(0, 12)'

const column = (name: string, usage: string, close = usage): FocusColumn => ({ name, usage, close })

/** Columns in the order of the file: FOCUS's mandatory ones first, then optional ones, then our own. */
export const focusColumns: readonly FocusColumn[] = [
  column('BilledCost', zero),
  column('BillingAccountId', '{account:String}'),
  column('BillingAccountName', '{account:String}'),
  column('BillingCurrency', "'USD'"),
  column('BillingPeriodStart', "toDateTime(billing_month, 'UTC')"),
  column('BillingPeriodEnd', "toDateTime(billing_month + INTERVAL 1 MONTH, 'UTC')"),
  column('ChargeCategory', "'Usage'", 'part.1'),
  // A month that was closed stays as it is: what came for it later is a correction in a later one.
  column('ChargeClass', "if(late, 'Correction', NULL)", none('String')),
  column('ChargeDescription', "concat('Estimate of ', sku, ' in ', unit)", 'concat(part.2, sku)'),
  column('ChargePeriodStart', 'hour', "toDateTime(billing_month, 'UTC')"),
  column('ChargePeriodEnd', 'hour + INTERVAL 1 HOUR', "toDateTime(billing_month + INTERVAL 1 MONTH, 'UTC')"),
  column('ContractedCost', 'sum(s.cost_usd)', zero),
  column('EffectiveCost', 'sum(s.cost_usd)', 'part.3'),
  column('InvoiceIssuerName', issuer),
  column('ListCost', 'sum(s.cost_usd)', zero),
  column('PricingQuantity', 'sum(s.quantity)', none('Decimal(38, 12)')),
  column('PricingUnit', 'toString(unit)', none('String')),
  column('ProviderName', issuer),
  column('PublisherName', issuer),
  column(
    'ServiceCategory',
    `multiIf(${isModel}, 'AI and Machine Learning', startsWith(sku, 'container.egress.'), 'Networking', 'Compute')`,
  ),
  column(
    'ServiceName',
    `multiIf(${isModel}, 'Inference', startsWith(sku, 'durable_object.'), 'Durable Objects', 'Containers')`,
  ),
  column('ConsumedQuantity', 'sum(s.quantity)', none('Decimal(38, 12)')),
  column('ConsumedUnit', 'toString(unit)', none('String')),
  column('RegionId', 'toString(region)', "''"),
  column('ResourceId', 'sandbox_id', "''"),
  column('SkuId', 'toString(sku)'),
  column('x_Tenant', 'toString(tenant_id)'),
  column('x_Team', 'toString(team_id)'),
  column('x_User', 'toString(user_id)', "''"),
  column('x_CostCenter', 'toString(cost_center)', "''"),
  column('x_InstanceType', 'toString(instance_type)', "''"),
  column('x_Environment', 'toString(environment)', "''"),
  column('x_Model', 'toString(model)', "''"),
  column('x_Charges', 'count()', 'toUInt64(0)'),
  // Money of an instance type whose meter was compared with the billing data and held.
  column(
    'x_Quality',
    `if(toString(instance_type) IN (SELECT toString(instance_type) FROM meter_calibrations WHERE tenant_id = {tenant:String} AND calibrated), 'calibrated', 'uncalibrated')`,
    "'uncalibrated'",
  ),
]

const keys = [
  'tenant_id',
  'hour',
  'billing_month',
  'late',
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

const order = [
  'BillingPeriodStart',
  'ChargePeriodStart',
  'ChargeCategory DESC',
  'ResourceId',
  'SkuId',
  'x_Team',
  'x_CostCenter',
  'x_User',
  'x_InstanceType',
  'RegionId',
  'x_Environment',
  'x_Model',
].join(', ')

/** Charges as booked: equal to the rollups that dashboards read as long as no month is closed, and shifted between months then. */
const booked = `(
  SELECT *,
    toStartOfHour(toDateTime(charge_period_start, 'UTC')) AS hour,
    toStartOfMonth(toDateTime(booked_at, 'UTC')) AS billing_month
  FROM booked_charges
  WHERE tenant_id = {tenant:String}
    AND charge_period_start < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC') + INTERVAL 1 HOUR
    AND toStartOfHour(toDateTime(booked_at, 'UTC')) >= toStartOfHour(fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC'))
    AND toStartOfHour(toDateTime(booked_at, 'UTC')) < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
) AS s`

/** What closing adds to months that lie wholly in the window. */
const closed = `(
  SELECT *, month AS billing_month, arrayJoin([
    ('Credit', 'Included allowance of ', effective_cost_usd - list_cost_usd),
    ('Adjustment', 'Shared cost of ', shared_cost_usd)
  ]) AS part
  FROM closed_month_lines
  WHERE tenant_id = {tenant:String}
    AND toDateTime(month, 'UTC') >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
    AND toDateTime(month + INTERVAL 1 MONTH, 'UTC') <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
) AS s`

/** The query whose answer is the file; append FORMAT CSVWithNames or FORMAT Parquet. */
export function focusQuery({ tenant, fromMs, toMs, accountId }: FocusOptions): FocusQuery {
  const select = (part: 'usage' | 'close'): string =>
    `SELECT\n${focusColumns.map((each) => `  ${each[part]} AS ${each.name}`).join(',\n')}`
  return {
    query: [
      'SELECT * FROM (',
      `${select('usage')}\nFROM ${booked}\nGROUP BY ${keys}`,
      'UNION ALL',
      `${select('close')}\nFROM ${closed}\nWHERE part.3 != 0`,
      `) ORDER BY ${order}`,
    ].join('\n'),
    params: { tenant, fromMs, toMs, account: accountId ?? tenant },
  }
}
