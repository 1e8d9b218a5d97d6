import { expect, test } from 'vitest'
import { parseRunbook } from './parse.ts'

const query = `\`\`\`sql denials
-- Every denied access,
-- newest first.
-- param sandbox: sandbox of the alert
-- param hours = 24: how far back to look
SELECT * FROM secret_accesses
WHERE sandbox_id = {sandbox:String} AND time > now() - INTERVAL {hours:UInt32} HOUR;
\`\`\``

const runbook = ({
  title = 'SecretDenied',
  headings = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'],
  diagnosis = query,
} = {}) =>
  [
    `# ${title}`,
    ...headings.flatMap((heading) => [`## ${heading}`, heading === 'Diagnosis' ? diagnosis : 'text']),
  ].join('\n\n')

test('a runbook has its sections, and its queries with description, parameters and plain SQL', () => {
  const parsed = parseRunbook('SecretDenied', runbook())
  expect(parsed.sections.Meaning).toBe('text')
  expect(parsed.queries).toEqual([
    {
      name: 'denials',
      description: 'Every denied access, newest first.',
      parameters: [
        { name: 'sandbox', type: 'String', description: 'sandbox of the alert' },
        { name: 'hours', type: 'UInt32', description: 'how far back to look', defaultValue: '24' },
      ],
      sql: 'SELECT * FROM secret_accesses\nWHERE sandbox_id = {sandbox:String} AND time > now() - INTERVAL {hours:UInt32} HOUR',
    },
  ])
})

const withoutLines = (...lines: string[]) =>
  runbook({
    diagnosis: query
      .split('\n')
      .filter((line) => !lines.includes(line))
      .join('\n'),
  })

test.each([
  ['its title is another name', runbook({ title: 'Other' }), 'must be "# SecretDenied"'],
  [
    'a heading is out of order',
    runbook({ headings: ['Meaning', 'Diagnosis', 'Impact'] }),
    'its headings are',
  ],
  ['a section is empty', runbook().replace('## Impact\n\ntext', '## Impact\n'), 'Impact is empty'],
  ['its diagnosis has no query', runbook({ diagnosis: 'look around' }), 'has no query'],
  [
    'two queries share a name',
    runbook({ diagnosis: `${query}\n\n${query}` }),
    'two queries are called denials',
  ],
  [
    'a placeholder is not described',
    withoutLines('-- param sandbox: sandbox of the alert'),
    'describe sandbox',
  ],
  [
    'a described parameter is not used',
    runbook().replace('{sandbox:String}', "'a'"),
    'describes no placeholder',
  ],
  [
    'a query says not what it shows',
    withoutLines('-- Every denied access,', '-- newest first.'),
    'say in a first',
  ],
])('a runbook is refused, with what to change, when %s', (_, text, message) => {
  expect(() => parseRunbook('SecretDenied', text)).toThrow(message)
})
