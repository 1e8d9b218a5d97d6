/** docs/schema.md: every table and view, as the migrations define them. */
import { readMigrations } from './files.ts'
import { withoutComments } from './statements.ts'

export async function renderSchemaPage(): Promise<string> {
  const migrations = await readMigrations()
  const statements = migrations.flatMap(({ name, statements }) =>
    statements.map((sql) => ({ file: name, sql })),
  )
  const sections = statements.flatMap(({ file, sql }) => renderStatement(file, sql))
  return `${[...head, ...sections].join('\n')}\n`
}

const head = [
  '# ClickHouse schema',
  '',
  'Generated from `schemas/migrations/` by `npm run generate`; do not edit.',
  '',
  'Collectors write `otel_traces` and `otel_logs`; materialized views fill the rest in the same insert. Names that end in',
  '`_states`, `_events` or `_links` are folded by a view that readers use instead. Metrics are written to `otel_metrics`, which',
  'keeps nothing and hands each data point to the table of its kind.',
  '',
]

function renderStatement(file: string, sql: string): readonly string[] {
  const text = withoutComments(sql)
  const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(text)?.[1]
  if (table !== undefined) return renderTable(table, file, sql)
  const view = /^CREATE OR REPLACE VIEW (\w+)/.exec(text)?.[1]
  if (view !== undefined) return [`## ${view} (view)`, '', `${leadingComment(sql)} \`${file}.sql\``, '']
  const fed = /^CREATE MATERIALIZED VIEW IF NOT EXISTS \w+ TO (\w+)/.exec(text)?.[1] ?? ''
  const sources = [...text.matchAll(/\bFROM (\w+)/g)].map((m) => `\`${m[1] ?? ''}\``)
  return [
    `\`${fed}\` is fed by ${sources.join(', ')}${renderEvents(text)}. ${leadingComment(sql)}`.trimEnd(),
    '',
  ]
}

/** The events a view takes, from its last condition. */
function renderEvents(text: string): string {
  const where = text.slice(text.lastIndexOf('WHERE'))
  const names = [...where.matchAll(/'((?:sandglass|sandbox)\.[a-z_.]+)'/g)].map((m) => `\`${m[1] ?? ''}\``)
  return names.length === 0 ? '' : `: ${names.join(', ')}`
}

function renderTable(name: string, file: string, sql: string): readonly string[] {
  const opening = sql.indexOf('(\n') + 2
  const closing = sql.indexOf('\n)\nENGINE')
  const rows = splitDefinitions(sql.slice(opening, closing)).map(renderDefinition)
  const clauses = withoutComments(sql.slice(closing + 3))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('SETTINGS'))
  return [
    `## ${name}`,
    '',
    `${leadingComment(sql)} \`${file}.sql\``,
    '',
    '```sql',
    ...clauses,
    '```',
    '',
    '| column | type | says |',
    '|---|---|---|',
    ...rows,
    '',
  ]
}

/** Comment lines before a statement's or a column's first word, as one sentence each. */
function leadingComment(sql: string): string {
  const lines = sql.trimStart().split('\n')
  const end = lines.findIndex((line) => !line.trimStart().startsWith('--'))
  return lines
    .slice(0, Math.max(end, 0))
    .map((line) => line.trim().replace(/^-- ?/, ''))
    .join(' ')
    .trim()
}

/** Cuts at commas that stand at the top level and in no comment. */
function splitDefinitions(body: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let current = ''
  for (const [piece] of body.matchAll(/--[^\n]*|'[^']*'|[(),]|[^(),'-]+|-/g)) {
    if (piece === '(') depth += 1
    if (piece === ')') depth -= 1
    if (piece === ',' && depth === 0) {
      parts.push(current)
      current = ''
    } else current += piece
  }
  return [...parts, current]
}

function renderDefinition(definition: string): string {
  const text = withoutComments(definition).replaceAll(/\s+/g, ' ')
  const [, name = '', rest = ''] = /^(\w+) (.*)$/.exec(text) ?? []
  const cell = (value: string): string => value.replaceAll('|', '\\|')
  if (name === 'INDEX') return `| | ${cell(`index ${rest}`)} | ${cell(leadingComment(definition))} |`
  const [type = '', alias] = rest.replace(/ CODEC\(.*\)$/, '').split(' ALIAS ')
  return `| \`${name}\` | ${cell(type)}${alias === undefined ? '' : ' (alias)'} | ${cell(leadingComment(definition))} |`
}
