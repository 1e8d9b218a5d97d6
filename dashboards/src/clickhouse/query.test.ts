import { expect, test } from 'vitest'
import { clickhouseQueryModel } from './query.ts'

test('a query carries the fields that the datasource plugin reads', () => {
  const query = clickhouseQueryModel(
    'A',
    `
    SELECT 1
      AS value
    `,
    'traces',
  )
  expect(JSON.parse(JSON.stringify(query))).toEqual({
    refId: 'A',
    datasource: { type: 'grafana-clickhouse-datasource', uid: 'sandglass' },
    editorType: 'sql',
    rawSql: 'SELECT 1\n  AS value',
    format: 3,
    queryType: 'traces',
    pluginVersion: '4.20.0',
  })
})
