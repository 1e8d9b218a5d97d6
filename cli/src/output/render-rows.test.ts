import { expect, test } from 'vitest'
import { renderRows } from './render-rows.ts'

const result = {
  columns: ['name', 'note'],
  rows: [
    ['a', 'plain'],
    ['b', 'comma, "quote"\nand line'],
    ['c', null],
  ],
}

test('CSV quotes what needs quoting and leaves the rest alone', () => {
  expect(renderRows(result, 'csv')).toBe('name,note\r\na,plain\r\nb,"comma, ""quote""\nand line"\r\nc,')
})

test('JSON is one array of objects with the column names', () => {
  expect(JSON.parse(renderRows(result, 'json'))).toEqual([
    { name: 'a', note: 'plain' },
    { name: 'b', note: 'comma, "quote"\nand line' },
    { name: 'c', note: null },
  ])
})

test('a table names its columns, clips long cells and counts its rows', () => {
  const text = renderRows({ columns: ['x'], rows: [['y'.repeat(500)]] }, 'table')
  expect(text).toMatch(/x/)
  expect(text).toMatch(/y{79}…/)
  expect(text).toMatch(/1 row$/)
})
