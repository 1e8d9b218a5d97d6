import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { generatedFiles } from '../generate.ts'
import { rules } from '../rules/index.ts'
import { renderProvisioning } from './provisioning.ts'

interface FileRule {
  uid: string
  title: string
  condition: string
  data: { refId: string; datasourceUid: string; model: Record<string, unknown> }[]
  labels: Record<string, string>
  annotations: Record<string, string>
}

const file: { groups: { interval: string; rules: FileRule[] }[] } = parse(renderProvisioning(rules))
const provisioned = file.groups.flatMap((group) => group.rules)

test('a rule has the fields that Grafana reads from a file, as it spells them there', () => {
  // pkg/services/provisioning/alerting/rules_types.go
  const fields = [
    'uid',
    'title',
    'condition',
    'data',
    'noDataState',
    'execErrState',
    'for',
    'keepFiringFor',
    'missing_series_evals_to_resolve',
    'labels',
    'annotations',
  ]
  for (const rule of provisioned) {
    expect(Object.keys(rule)).toEqual(fields)
    expect(rule).toMatchObject({
      noDataState: 'NoData',
      execErrState: 'Error',
      for: expect.stringMatching(/^\d+s$/),
    })
    expect(rule.uid.length).toBeLessThanOrEqual(40)
  }
})

test.each(generatedFiles())('$path is what the code renders (npm run generate)', ({ path, content }) => {
  expect(readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')).toBe(content)
})

test('every rule is in the file once, under an id of its own', () => {
  expect(provisioned.map(({ title }) => title).sort()).toEqual(rules.map(({ name }) => name).sort())
  expect(new Set(provisioned.map(({ uid }) => uid)).size).toBe(rules.length)
})

test('the condition reads the query of its rule, and the query reads the provisioned datasource', () => {
  for (const { condition, data } of provisioned) {
    const [query, threshold] = data
    expect(query).toMatchObject({
      refId: 'A',
      datasourceUid: 'sandglass',
      model: { format: 1, editorType: 'sql' },
    })
    expect(threshold).toMatchObject({
      refId: condition,
      datasourceUid: '__expr__',
      model: { expression: 'A' },
    })
  }
})

test('an alert fires at its threshold and resolves below the lower one', () => {
  const spend = provisioned.find(({ title }) => title === 'SpendOverBudget')
  expect(spend?.data[1]?.model['conditions']).toEqual([
    { evaluator: { type: 'gte', params: [1] }, unloadEvaluator: { type: 'lt', params: [0.95] } },
  ])
})

test('no label holds a $: Grafana would replace it by an environment variable', () => {
  for (const { labels, uid, title } of provisioned)
    expect(JSON.stringify([labels, uid, title])).not.toContain('$')
})

test('no annotation holds ${…}: Grafana would replace it by an environment variable', () => {
  for (const { annotations } of provisioned) expect(JSON.stringify(annotations)).not.toContain('${')
})

test('an alert links to its runbook, filled with its labels', () => {
  expect(provisioned[0]?.annotations['runbook_url']).toBe(
    String.raw`{{ reReplaceAll "/+\\z" "" externalURL }}/d/runbook-secret-denied-burst` +
      '?var-tenant={{ urlquery $labels.tenant }}&var-team={{ urlquery $labels.team }}' +
      '&var-sandbox={{ urlquery $labels.sandbox }}&var-task={{ urlquery $labels.task }}',
  )
})

test('annotations name only labels that the query returns', () => {
  for (const { title, annotations } of provisioned) {
    const labels = rules.find(({ name }) => name === title)?.labels ?? []
    const named = Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => name),
    )
    expect(labels, title).toEqual(expect.arrayContaining(named))
  }
})

test('a label that holds a quote cannot end the quoting of the runbook command', () => {
  expect(provisioned[0]?.annotations['runbook_command']).toContain(
    `--param sandbox='{{ reReplaceAll "'" "" $labels.sandbox }}'`,
  )
})

test('no query uses a macro that only works in the browser', () => {
  for (const { data } of provisioned)
    expect(String(data[0]?.model['rawSql'])).not.toMatch(/\$__conditionalAll|\$\{/)
})
