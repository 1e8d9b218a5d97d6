/** How a table shows a column, by the column's name: one word means one thing in every panel. */
import { dashboardUids } from '../uids.ts'

interface ColumnStyle {
  readonly unit?: string
  readonly widthPx?: number
  /** Opens when the value is clicked. */
  readonly link?: { readonly title: string; readonly url: string }
}

const toTask = {
  title: 'Open the task',
  url: `/d/${dashboardUids.task}?var-tenant=\${__data.fields.tenant:percentencode}&var-task=\${__value.raw:percentencode}&\${__url_time_range}`,
}

const columnStyles: Readonly<Record<string, ColumnStyle>> = {
  tenant: { widthPx: 110 },
  team: { widthPx: 130 },
  task: { widthPx: 200, link: toTask },
  time: { widthPx: 200 },
  cost_usd: { unit: 'currencyUSD', widthPx: 110 },
  spend_usd: { unit: 'currencyUSD', widthPx: 110 },
  limit_usd: { unit: 'currencyUSD', widthPx: 110 },
  cpu_s: { unit: 's', widthPx: 100 },
  duration_s: { unit: 's', widthPx: 110 },
  share: { unit: 'percentunit', widthPx: 90 },
  used: { unit: 'percentunit', widthPx: 90 },
  exit_code: { widthPx: 90 },
  verdict: { widthPx: 100 },
  outcome: { widthPx: 100 },
}

interface ColumnOverride {
  matcher: { id: string; options: string }
  properties: { id: string; value: unknown }[]
}

/** Overrides for the known columns that the query returns (`… AS name`, or a plain column of that name). */
export function columnOverrides(sql: string): ColumnOverride[] {
  return Object.entries(columnStyles)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(sql))
    .map(([name, style]) => ({
      matcher: { id: 'byName', options: name },
      properties: columnProperties(style),
    }))
}

function columnProperties({ unit, widthPx, link }: ColumnStyle): ColumnOverride['properties'] {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(widthPx === undefined ? [] : [{ id: 'custom.width', value: widthPx }]),
    ...(link === undefined ? [] : [{ id: 'links', value: [link] }]),
  ]
}
