/** Every generated file of the repository: where it lies and what renders it. */
import { generatedFiles as alertFiles } from '@sandglass/alerts'
import { generatedFiles as dashboardFiles } from '@sandglass/dashboards'
import { budgetsSchema } from '@sandglass/schemas/budgets'
import { renderCollectorConfigPage } from '@sandglass/schemas/config/collector'
import { enforcerConfigSchema } from '@sandglass/schemas/config/enforcer'
import { renderConfigPage } from '@sandglass/schemas/config/page'
import { renderClusterGolden } from '@sandglass/schemas/migrate/cluster-golden'
import { renderRolesGolden } from '@sandglass/schemas/migrate/roles'
import { renderSchemaPage } from '@sandglass/schemas/migrate/schema-page'
import { renderOperationsPage } from '@sandglass/sdk'
import { renderSemconvPage } from '@sandglass/schemas/semconv-page'

export interface GeneratedFile {
  /** Path from the root of the repository. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

const renderEnforcerConfigPage = (): string =>
  renderConfigPage('Configuration of the enforcer', 'schemas/src/config/enforcer.ts and budgets.ts', [
    ['enforcer.yaml', enforcerConfigSchema],
    ['budgets.yaml', budgetsSchema],
  ])

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/semconv.md', render: renderSemconvPage },
  { path: 'docs/schema.md', render: renderSchemaPage },
  { path: 'docs/operations.md', render: renderOperationsPage },
  { path: 'docs/config-collector.md', render: renderCollectorConfigPage },
  { path: 'docs/config-enforcer.md', render: renderEnforcerConfigPage },
  { path: 'schemas/generated/cluster.sql', render: renderClusterGolden },
  { path: 'schemas/generated/roles.sql', render: renderRolesGolden },
  ...[...dashboardFiles(), ...alertFiles()].map(({ path, content }) => ({ path, render: () => content })),
]
