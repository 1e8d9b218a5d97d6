/**
 * A runbook as a dashboard: its text, and its queries as tables that are filled for the alert whose labels are the
 * variables. An alert links here, so what the runbook would have you run has run when you arrive.
 */
import { DashboardBuilder, TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Text, TextMode } from '@grafana/grafana-foundation-sdk/text'
import type { Runbook, RunbookParameter, RunbookQuery } from '@sandglass/runbooks'
import { placeSections, type Section } from '../layout.ts'
import { tablePanel } from '../panels/panels.ts'
import { runbookUid } from '../uids.ts'

export function runbookDashboard(runbook: Runbook): DashboardBuilder {
  const dashboard = new DashboardBuilder(`Runbook / ${runbook.name}`)
    .uid(runbookUid(runbook.name))
    .description(`What the alert ${runbook.name} means and what to do, with its queries filled in.`)
    .tags(['sandglass', 'runbook'])
    .variables(runbookParameters(runbook).map(parameterVariable))
  return placeSections(dashboard, sectionsOf(runbook))
}

function sectionsOf({ sections, queries }: Runbook): readonly Section[] {
  return [
    {
      title: 'Meaning and impact',
      lines: [
        {
          height: 6,
          panels: [
            [12, text('Meaning', sections.Meaning)],
            [12, text('Impact', sections.Impact)],
          ],
        },
      ],
    },
    {
      title: 'Diagnosis',
      lines: [
        { height: 5, panels: [[24, text('Diagnosis', withoutQueries(sections.Diagnosis))]] },
        ...queries.map((query) => ({ height: 8, panels: [[24, queryPanel(query)] as const] })),
      ],
    },
    { title: 'Mitigation', lines: [{ height: 8, panels: [[24, text('Mitigation', sections.Mitigation)]] }] },
  ]
}

const text = (title: string, markdown: string) =>
  new Text().title(title).mode(TextMode.Markdown).content(markdown)

const queryPanel = (query: RunbookQuery) =>
  tablePanel({ title: query.name, description: query.description }, grafanaSql(query))

/** The queries stand below, as panels: the text names them where they stood. */
function withoutQueries(markdown: string): string {
  return markdown.replace(/^```sql (\S+)\n[\s\S]*?^```$/gm, '→ **$1**')
}

/** ClickHouse's placeholders as dashboard variables: text is quoted, and a number is parsed by the database. */
function grafanaSql({ sql, parameters }: RunbookQuery): string {
  return parameters.reduce((query, { name, type }) => {
    const quoted = `\${${name}:singlequote}`
    return query.replaceAll(`{${name}:${type}}`, type === 'String' ? quoted : `to${type}(${quoted})`)
  }, sql)
}

/** Every parameter of the runbook once, in the order of its queries. */
function runbookParameters({ queries }: Runbook): readonly RunbookParameter[] {
  const parameters = new Map<string, RunbookParameter>()
  for (const parameter of queries.flatMap((query) => query.parameters)) {
    if (!parameters.has(parameter.name)) parameters.set(parameter.name, parameter)
  }
  return [...parameters.values()]
}

function parameterVariable({
  name,
  description,
  defaultValue = '',
}: RunbookParameter): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(name)
    .label(name)
    .description(description)
    .defaultValue(defaultValue)
    .current({ text: defaultValue, value: defaultValue })
}
