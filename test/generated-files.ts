/** Every generated file of the repository: where it lies and what renders it. */
import { generatedFiles as alertFiles } from '@sandglass/alerts'
import { generatedFiles as dashboardFiles } from '@sandglass/dashboards'
import { renderClusterGolden } from '@sandglass/schemas/migrate-cluster-golden'
import { renderRolesGolden } from '@sandglass/schemas/migrate-roles'
import { renderSchemaPage } from '@sandglass/schemas/migrate-schema-page'
import { renderSemconvPage } from '@sandglass/schemas/semconv-page'

export interface GeneratedFile {
  /** Path from the root of the repository. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/semconv.md', render: renderSemconvPage },
  { path: 'docs/schema.md', render: renderSchemaPage },
  { path: 'schemas/generated/cluster.sql', render: renderClusterGolden },
  { path: 'schemas/generated/roles.sql', render: renderRolesGolden },
  ...[...dashboardFiles(), ...alertFiles()].map(({ path, content }) => ({ path, render: () => content })),
]
