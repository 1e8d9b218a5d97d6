import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { placeSections } from '../layout.ts'
import { dashboardUids } from '../uids.ts'
import { taskVariable, teamVariable, tenantVariable } from '../variables.ts'
import { activity } from './activity.ts'
import { control } from './control.ts'
import { cost } from './cost.ts'
import { overview } from './overview.ts'
import { traceSection } from './trace.ts'

/** One task: what it did, why, on whose behalf, what it was allowed and what it cost. */
export function taskDashboard(): DashboardBuilder {
  const dashboard = new DashboardBuilder('Sandglass / Task')
    .uid(dashboardUids.task)
    .description(
      'One task: which prompt of whom led to which command that changed which file, what was denied and overridden, and what it cost.',
    )
    .tags(['sandglass'])
    .time({ from: 'now-24h', to: 'now' })
    .variables([tenantVariable(), teamVariable(), taskVariable()])
  return placeSections(dashboard, [overview(), activity(), control(), cost(), traceSection()])
}
