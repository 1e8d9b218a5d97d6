/**
 * Runbooks are Markdown. A query is a fenced block whose info string is `sql <name>`; its leading comment lines are
 * the description and the parameters:
 *
 *     -- Every denied access, newest first.
 *     -- param sandbox: sandbox of the alert
 *     -- param hours = 24: how far back to look
 *     SELECT … WHERE sandbox_id = {sandbox:String} …
 */
import {
  type Runbook,
  type RunbookHeading,
  RunbookError,
  type RunbookParameter,
  type RunbookQuery,
  runbookHeadings,
} from './runbook.ts'

/** Throws RunbookError when the text is not a complete runbook called `name`. */
export function parseRunbook(name: string, markdown: string): Runbook {
  const title = /^# (.+)$/m.exec(markdown)?.[1]
  if (title !== name) throw new RunbookError(`runbook ${name}: its first heading must be "# ${name}"`)
  const sections = parseSections(name, markdown)
  const queries = parseQueries(name, sections.Diagnosis)
  if (queries.length === 0)
    throw new RunbookError(`runbook ${name}: Diagnosis has no query (\`\`\`sql <name>)`)
  return { name, sections, queries }
}

function parseSections(name: string, markdown: string): Record<RunbookHeading, string> {
  const parts = markdown.split(/^## (.+)$/m)
  const headings = parts.filter((_, index) => index % 2 === 1)
  if (headings.join() !== runbookHeadings.join())
    throw new RunbookError(
      `runbook ${name}: its headings are ${headings.join(', ') || 'missing'}; they must be ${runbookHeadings.join(', ')}`,
    )
  const text = (index: number) => requireText(name, headings[index], parts[index * 2 + 2])
  return { Meaning: text(0), Impact: text(1), Diagnosis: text(2), Mitigation: text(3) }
}

function requireText(name: string, heading = '', text = ''): string {
  if (text.trim() === '') throw new RunbookError(`runbook ${name}: ${heading} is empty`)
  return text.trim()
}

function parseQueries(runbook: string, diagnosis: string): readonly RunbookQuery[] {
  const queries = [...diagnosis.matchAll(/^```sql (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', body = '']) => parseQuery(`${runbook}/${name}`, name, body),
  )
  const names = queries.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw new RunbookError(`runbook ${runbook}: two queries are called ${twice}`)
  return queries
}

function parseQuery(where: string, name: string, body: string): RunbookQuery {
  const lines = body.trimEnd().split('\n')
  const sqlStart = lines.findIndex((line) => !line.startsWith('--'))
  const comments = lines.slice(0, sqlStart).map((line) => line.replace(/^--\s*/, ''))
  const sql = lines.slice(sqlStart).join('\n').replace(/;\s*$/, '')
  const description = comments.filter((line) => !line.startsWith('param ')).join(' ')
  if (description === '') throw new RunbookError(`query ${where}: say in a first comment line what it shows`)
  const declared = comments.filter((line) => line.startsWith('param '))
  return { name, description, sql, parameters: parseParameters(where, declared, placeholderTypes(sql)) }
}

function placeholderTypes(sql: string): ReadonlyMap<string, string> {
  return new Map([...sql.matchAll(/\{(\w+):\s*([\w()]+)\}/g)].map(([, name = '', type = '']) => [name, type]))
}

function parseParameters(
  where: string,
  declared: readonly string[],
  types: ReadonlyMap<string, string>,
): readonly RunbookParameter[] {
  const parameters = declared.map((line) => parseParameter(where, line, types))
  const missing = [...types.keys()].filter((name) => !parameters.some((parameter) => parameter.name === name))
  if (missing.length > 0)
    throw new RunbookError(`query ${where}: describe ${missing.join(', ')} with "-- param <name>: <text>"`)
  return parameters
}

function parseParameter(where: string, line: string, types: ReadonlyMap<string, string>): RunbookParameter {
  const [, name = '', defaultValue, description = ''] = /^param (\w+)(?: = (.*?))?: (.+)$/.exec(line) ?? []
  const type = types.get(name)
  if (type === undefined)
    throw new RunbookError(`query ${where}: "${line}" describes no placeholder of the query ({name:Type})`)
  return { name, type, description, ...(defaultValue !== undefined && { defaultValue }) }
}
