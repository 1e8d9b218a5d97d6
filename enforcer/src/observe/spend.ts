/** Reads spend by budget scope from ClickHouse. */
import type { ClickHouseClient } from '@clickhouse/client'
import { parseAmount } from '@sandglass/schemas/budgets/amount'
import { scopeKey, type Scope, type ScopeDimension } from '@sandglass/schemas/governor/scope'
import { z } from 'zod'
import type { Rule } from '../rules.ts'
import { SCOPES_MAX, spendQuery, type SpendQuestion } from './spend-sql.ts'
import type { Bounds } from './window.ts'

/** Spend of one scope as a decimal text in the unit of the metric. */
export interface Spend {
  readonly scope: Scope
  readonly amount: string
}

export interface SpendReading {
  /** By scope key. */
  readonly spends: ReadonlyMap<string, Spend>
  /** More scopes than SCOPES_MAX: the smallest were not read. */
  readonly cut: boolean
}

export type ReadSpend = (rule: Rule, bounds: Bounds) => Promise<SpendReading>

const rowSchema = z
  .looseObject({ amount: z.string() })
  .refine((row) => parseAmount(row.amount) !== undefined, 'amount is not a decimal')

export function createSpendReader(client: ClickHouseClient, tenantId: string): ReadSpend {
  return async (rule, bounds) => {
    const question = { tenantId, ...rule, ...bounds } satisfies SpendQuestion
    const { query, params } = spendQuery(question)
    const result = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow' })
    const rows = z.array(rowSchema).parse(await result.json())
    const spends = rows.slice(0, SCOPES_MAX).map((row) => toSpend(row, rule))
    return {
      spends: new Map(spends.map((spend) => [scopeKey(spend.scope), spend])),
      cut: rows.length > SCOPES_MAX,
    }
  }
}

function toSpend(row: z.infer<typeof rowSchema>, rule: Rule): Spend {
  const scope: Partial<Record<ScopeDimension, string>> = {}
  for (const dimension of rule.dimensions)
    scope[dimension] = rule.fixed[dimension] ?? z.string().parse(row[`scope_${dimension}`])
  return { scope, amount: row.amount }
}
