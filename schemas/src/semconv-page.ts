/** Renders docs/semconv.md from the facts. */
import { eventFacts } from './event-facts.ts'
import { attributeFacts } from './semconv-facts.ts'
import { attr, event, values, type AttributeKey, type EventKey } from './semconv.ts'

const closedValues: Readonly<Record<string, readonly string[]>> = values

const code = (text: string): string => `\`${text}\``
const cell = (text: string): string => text.replaceAll('|', '\\|')

function attributeRow(key: AttributeKey): string {
  const { type, unit, setBy, example, brief, column } = attributeFacts[key]
  const allowed = closedValues[attr[key]]?.map(code).join(' ') ?? code(cell(example))
  return `| ${code(attr[key])} | ${type} | ${unit} | ${setBy} | ${column === undefined ? '' : code(column)} | ${allowed} | ${cell(brief)} |`
}

function eventSection(key: EventKey): string {
  const { brief, required, optional } = eventFacts[key]
  const list = (keys: readonly AttributeKey[]): string => keys.map((k) => code(attr[k])).join(', ') || 'none'
  return `### ${code(event[key])}\n${brief}.\n\n- must carry: ${list(required)}\n- may carry: ${list(optional)}\n`
}

/** The whole page, Markdown. */
export function renderSemconvPage(): string {
  return [
    '# Telemetry reference',
    '',
    'Generated from `schemas/src/semconv.ts`, `semconv-facts.ts` and `event-facts.ts` by `npm run generate`; do not edit.',
    '',
    '## Attributes',
    '',
    '| name | type | unit | set by | column | values or example | says |',
    '|---|---|---|---|---|---|---|',
    ...(Object.keys(attr) as AttributeKey[]).map(attributeRow),
    '',
    '## Events',
    '',
    'Every event may also carry the context of its task and the audit chain of its sandbox.',
    '',
    ...(Object.keys(event) as EventKey[]).map(eventSection),
  ].join('\n')
}
