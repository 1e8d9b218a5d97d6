/** Renders the rows of a query as an aligned table, JSON lines or CSV. */
import Table from 'cli-table3'

export type OutputFormat = 'table' | 'json' | 'csv'

export interface ResultSet {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

const CELL_CHARACTERS_MAX = 80

const renderers: Readonly<Record<OutputFormat, (result: ResultSet) => string>> = {
  table: renderTable,
  json: renderJson,
  csv: renderCsv,
}

export const renderRows = (result: ResultSet, format: OutputFormat): string => renderers[format](result)

function renderTable({ columns, rows }: ResultSet): string {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } })
  table.push(...rows.map((row) => row.map((value) => clip(toText(value)))))
  return `${table.toString()}\n${rows.length} row${rows.length === 1 ? '' : 's'}`
}

function renderJson({ columns, rows }: ResultSet): string {
  return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))))
}

function renderCsv({ columns, rows }: ResultSet): string {
  return [columns, ...rows].map((row) => row.map((value) => quoteCsv(toText(value))).join(',')).join('\r\n')
}

export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | boolean}`
}

const quoteCsv = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const clip = (text: string): string =>
  text.length > CELL_CHARACTERS_MAX ? `${text.slice(0, CELL_CHARACTERS_MAX - 1)}…` : text
