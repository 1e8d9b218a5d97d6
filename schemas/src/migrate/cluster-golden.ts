/** generated/cluster.sql: what the migrations become on a cluster, for people to read before they run it. */
import { readMigrations } from './files.ts'
import { renderDatabases, renderStatement, type ClusterDeployment } from './render.ts'

export const exampleCluster: ClusterDeployment = {
  kind: 'cluster',
  cluster: 'sandglass',
  database: 'sandglass',
  localDatabase: 'sandglass_local',
}

export async function renderClusterGolden(): Promise<string> {
  const migrations = await readMigrations()
  const sections = migrations.map(({ name, statements }) => [
    `-- ${name}.sql`,
    ...statements.flatMap((statement) => renderStatement(statement, exampleCluster)).map((sql) => `${sql};`),
  ])
  const databases = renderDatabases(exampleCluster).map((sql) => `${sql};`)
  return `${[...databases, ...sections.flat()].join('\n\n')}\n`
}
