/** Recomputes what views have filled bit by bit in one go, from everything stored, and says where the two differ. */
import type { TestStore } from './store.ts'

interface View {
  readonly name: string
  readonly target: string
  readonly select: string
}

/** Names of targets whose content is not what their views make of the stored rows. */
export async function findDrift(store: TestStore): Promise<readonly string[]> {
  const views = await readViews(store)
  const targets = [...new Set(views.map(({ target }) => target))]
  const drifted: string[] = []
  for (const target of targets) {
    const copy = await recompute(
      store,
      target,
      views.filter((view) => view.target === target),
    )
    const [stored, recomputed] = [await digest(store, target), await digest(store, copy)]
    if (stored !== recomputed) drifted.push(`${target}: stored ${stored}, recomputed ${recomputed}`)
    await store.client.command({ query: `DROP TABLE ${copy}` })
  }
  return drifted
}

async function readViews(store: TestStore): Promise<readonly View[]> {
  const rows = await store.read(
    `SELECT name, as_select, extract(create_table_query, ' TO (?:\\\\w+\\\\.)?(\\\\w+)') AS target
     FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'`,
  )
  return rows.map((row) => ({
    name: String(row['name']),
    target: String(row['target']),
    select: String(row['as_select']),
  }))
}

async function recompute(store: TestStore, target: string, views: readonly View[]): Promise<string> {
  const copy = `recomputed_${target}`
  await store.client.command({ query: `CREATE TABLE ${copy} AS ${target}` })
  for (const { select } of views) {
    const names = await store.read(`DESCRIBE (${select})`)
    const columns = names.map(({ name }) => `\`${String(name)}\``).join(', ')
    await store.client.command({
      query: `INSERT INTO ${copy} (${columns}) ${select}`,
      clickhouse_settings: { max_partitions_per_insert_block: '0' },
    })
  }
  return copy
}

/** Rows and their hash once merged, whatever their order; states by the value they stand for. */
async function digest(store: TestStore, table: string): Promise<string> {
  await store.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  const columns = await store.read(
    `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}' AND default_kind = '' ORDER BY name`,
  )
  const values = columns.map(({ name, type }) =>
    String(type).startsWith('AggregateFunction')
      ? `finalizeAggregation(\`${String(name)}\`)`
      : `\`${String(name)}\``,
  )
  const [row] = await store.read(
    `SELECT count() AS rows, sum(cityHash64(${values.join(', ')})) AS hash FROM ${table}`,
  )
  return JSON.stringify(row)
}
