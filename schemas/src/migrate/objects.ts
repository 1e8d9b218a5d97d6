/** Names of what the migrations create, read from their statements. */
import { readMigrations } from './files.ts'
import { withoutComments } from './statements.ts'

export interface SchemaObjects {
  /** Tables that hold rows. */
  readonly tables: readonly string[]
  /** Plain views, which read tables when they are read. */
  readonly views: readonly string[]
}

/** Name of the column that says whose row it is. */
export const tenantColumnOf = (table: string): string =>
  table.startsWith('otel_') ? 'TenantId' : 'tenant_id'

export async function readSchemaObjects(): Promise<SchemaObjects> {
  const statements = (await readMigrations()).flatMap(({ statements }) => statements.map(withoutComments))
  const named = (form: RegExp): readonly string[] =>
    [...new Set(statements.flatMap((statement) => form.exec(statement)?.[1] ?? []))].toSorted()
  return {
    tables: named(/^CREATE TABLE IF NOT EXISTS (\w+)/),
    views: named(/^CREATE OR REPLACE VIEW (\w+)/),
  }
}
