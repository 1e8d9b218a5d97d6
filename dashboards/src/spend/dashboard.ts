import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { placeSections } from '../layout.ts'
import { dashboardUids } from '../uids.ts'
import { teamVariable, tenantVariable } from '../variables.ts'
import { breakdown } from './breakdown.ts'
import { budgetSection } from './budgets.ts'
import { kpis } from './kpis.ts'
import { now } from './now.ts'

/** What teams spend, against which budgets, and what they get for it. */
export function spendDashboard(): DashboardBuilder {
  const dashboard = new DashboardBuilder('Sandglass / Spend')
    .uid(dashboardUids.spend)
    .description(
      'Spend by team, class, user and SKU; budgets and verdicts; what stands idle or suspended; what a result costs.',
    )
    .tags(['sandglass'])
    .time({ from: 'now-7d', to: 'now' })
    .refresh('1m')
    .variables([tenantVariable(), teamVariable()])
  return placeSections(dashboard, [now(), breakdown(), budgetSection(), kpis()])
}
