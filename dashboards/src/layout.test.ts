import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/text'
import { expect, test } from 'vitest'
import { placeSections } from './layout.ts'

const dashboard = () => new DashboardBuilder('Test')
const panel = () => new PanelBuilder()

test('panels get ids and positions in reading order', () => {
  const built = placeSections(dashboard(), [
    {
      title: 'One',
      lines: [
        {
          height: 4,
          panels: [
            [6, panel()],
            [18, panel()],
          ],
        },
        { height: 8, panels: [[24, panel()]] },
      ],
    },
    { title: 'Two', lines: [{ height: 2, panels: [[24, panel()]] }] },
  ]).build()
  expect(
    built.panels?.map(({ id, gridPos }) => [id, gridPos?.x, gridPos?.y, gridPos?.w, gridPos?.h]),
  ).toEqual([
    [1, 0, 0, 24, 1],
    [2, 0, 1, 6, 4],
    [3, 6, 1, 18, 4],
    [4, 0, 5, 24, 8],
    [5, 0, 13, 24, 1],
    [6, 0, 14, 24, 2],
  ])
})

test('a line that is wider or narrower than the grid is refused', () => {
  for (const width of [23, 25])
    expect(() =>
      placeSections(dashboard(), [{ title: 'Cost', lines: [{ height: 4, panels: [[width, panel()]] }] }]),
    ).toThrow(`section "Cost" is ${width} columns wide`)
})

test('one builder in two places is refused: Grafana would show one panel at the second place only', () => {
  const twice = panel()
  expect(() =>
    placeSections(dashboard(), [
      {
        title: 'Cost',
        lines: [
          {
            height: 4,
            panels: [
              [12, twice],
              [12, twice],
            ],
          },
        ],
      },
    ]),
  ).toThrow('twice')
})
