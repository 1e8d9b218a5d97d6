/** Every dashboard, and the file it is generated to. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { listRunbooks, loadRunbook } from '@sandglass/runbooks'
import { runbookDashboard } from './runbook/dashboard.ts'
import { spendDashboard } from './spend/dashboard.ts'
import { taskDashboard } from './task/dashboard.ts'
import { dashboardUids, runbookUid } from './uids.ts'

export interface DashboardDefinition {
  /** Stable id in Grafana's addresses. */
  readonly uid: string
  /** Name of the file under dashboards/generated. */
  readonly file: string
  readonly build: () => DashboardBuilder
}

export const dashboards: readonly DashboardDefinition[] = [
  { uid: dashboardUids.task, file: 'task.json', build: taskDashboard },
  { uid: dashboardUids.spend, file: 'spend.json', build: spendDashboard },
]

/** One dashboard for each runbook: where its alert links to. */
export const runbookDashboards = (): readonly DashboardDefinition[] =>
  listRunbooks().map((name) => ({
    uid: runbookUid(name),
    file: `${runbookUid(name)}.json`,
    build: () => runbookDashboard(loadRunbook(name)),
  }))

/** The dashboard as Grafana's file provisioning reads it (classic JSON, schema version 42). */
export function renderDashboard(dashboard: DashboardDefinition): string {
  return `${JSON.stringify(dashboard.build().build(), undefined, 2)}\n`
}

/** A file that is written from code, and compared with it byte for byte in a test. */
export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string
  readonly content: string
}

export function generatedFiles(): readonly GeneratedFile[] {
  return [...dashboards, ...runbookDashboards()].map((dashboard) => ({
    path: `dashboards/generated/${dashboard.file}`,
    content: renderDashboard(dashboard),
  }))
}
