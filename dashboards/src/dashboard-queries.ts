/** Every query that the dashboards send, by name: for tests, benchmarks and the command line. */
import { type DashboardDefinition, dashboards } from './dashboards.ts'

export interface DashboardQuery {
  /** `<dashboard file>/<panel title>/<refId>`, or `<dashboard file>/variable/<name>`. */
  readonly name: string
  /** With Grafana's macros and variables: see interpolateQuery. */
  readonly sql: string
}

export function dashboardQueries(): readonly DashboardQuery[] {
  return dashboards.flatMap((definition) => [...variableQueries(definition), ...panelQueries(definition)])
}

/** The queries of one dashboard's panels. */
export function panelQueries({ file, build }: DashboardDefinition): readonly DashboardQuery[] {
  return (build().build().panels ?? []).flatMap((panel) =>
    'targets' in panel
      ? (panel.targets ?? []).map((target) => namedQuery(`${file}/${panel.title}`, target))
      : [],
  )
}

function namedQuery(prefix: string, target: object): DashboardQuery {
  if (!('rawSql' in target) || !('refId' in target))
    throw new Error(`panel ${prefix} has a target without SQL`)
  return { name: `${prefix}/${String(target.refId)}`, sql: String(target.rawSql) }
}

function variableQueries({ file, build }: DashboardDefinition): readonly DashboardQuery[] {
  return (build().build().templating?.list ?? []).map(({ name, query }) => {
    if (typeof query !== 'string') throw new Error(`variable ${name} of ${file} is not a query`)
    return { name: `${file}/variable/${name}`, sql: query }
  })
}
