/** Places panels on Grafana's grid: ids and positions are explicit, and a line that does not fill the grid is an error. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import type { DashboardBuilder, GridPos, Panel } from '@grafana/grafana-foundation-sdk/dashboard'

const gridColumns = 24

interface PlaceablePanel extends Builder<Panel> {
  id(id: number): this
  gridPos(position: GridPos): this
}

/** Panels side by side: widths in grid columns, which must add up to the grid. Height in grid units of 30 px. */
interface PanelLine {
  readonly height: number
  readonly panels: readonly (readonly [width: number, panel: PlaceablePanel])[]
}

export interface Section {
  readonly title: string
  readonly lines: readonly PanelLine[]
}

const titleHeight = 1

/** Adds the sections from top to bottom. Panel ids count from 1 in reading order. */
export function placeSections(dashboard: DashboardBuilder, sections: readonly Section[]): DashboardBuilder {
  assertPlaceable(sections)
  let id = 0
  let y = 0
  for (const section of sections) {
    dashboard.withRow(titleRow(section.title, ++id, y))
    y += titleHeight
    for (const line of section.lines) {
      for (const panel of placeLine(line, id + 1, y)) dashboard.withPanel(panel)
      id += line.panels.length
      y += line.height
    }
  }
  return dashboard
}

function titleRow(title: string, id: number, y: number): RowBuilder {
  return new RowBuilder(title).id(id).gridPos({ x: 0, y, w: gridColumns, h: titleHeight })
}

function placeLine(line: PanelLine, firstId: number, y: number): readonly PlaceablePanel[] {
  let x = 0
  return line.panels.map(([width, panel], index) => {
    const placed = panel.id(firstId + index).gridPos({ x, y, w: width, h: line.height })
    x += width
    return placed
  })
}

function assertPlaceable(sections: readonly Section[]): void {
  const seen = new Set<PlaceablePanel>()
  for (const { title, lines } of sections) {
    for (const line of lines) {
      const columns = line.panels.reduce((sum, [width]) => sum + width, 0)
      if (columns !== gridColumns)
        throw new Error(
          `a line of section "${title}" is ${columns} columns wide, the grid has ${gridColumns}`,
        )
      for (const [, panel] of line.panels) {
        if (seen.has(panel))
          throw new Error(`section "${title}" places one panel builder twice; build it twice`)
        seen.add(panel)
      }
    }
  }
}
