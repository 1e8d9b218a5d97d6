/** The house style of each kind of panel: what Grafana's defaults hide (legend, last value) is shown. */
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { PanelBuilder as GenericPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  ArcOptionBuilder,
  NodeOptionsBuilder,
  PanelBuilder as NodeGraph,
} from '@grafana/grafana-foundation-sdk/nodegraph'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { clickhouseDatasource } from '../clickhouse/datasource.ts'
import { clickhouseQuery } from '../clickhouse/query.ts'
import { columnOverrides } from './columns.ts'

export interface PanelText {
  readonly title: string
  /** What the panel shows and how it is computed: the hover text. */
  readonly description: string
}

export interface ArcColors {
  /** Colour by `arc__*` column; the columns of one node add up to 1. */
  readonly arcs: Readonly<Record<string, string>>
}

/** Rows as they come. Columns get units, widths and links by their name (columns.ts). */
export function tablePanel({ title, description }: PanelText, sql: string): Table {
  return new Table()
    .title(title)
    .description(description)
    .datasource(clickhouseDatasource)
    .withTarget(clickhouseQuery('A', sql))
    .filterable(true)
    .overrides(columnOverrides(sql))
    .noValue('')
}

/** One number, or one per row column, without a history. */
export function statPanel({ title, description }: PanelText, unit: string, sql: string): Stat {
  return new Stat()
    .title(title)
    .description(description)
    .datasource(clickhouseDatasource)
    .withTarget(clickhouseQuery('A', sql))
    .unit(unit)
    .noValue('–')
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

export interface Series {
  readonly unit: string
  /** The text column that names the series. The query returns it beside a time column, in order, and one number. */
  readonly series: string
}

export function stackedBars(text: PanelText, series: Series, sql: string): TimeSeries {
  return lines(text, series, sql)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

export function lines({ title, description }: PanelText, { unit, series }: Series, sql: string): TimeSeries {
  return new TimeSeries()
    .title(title)
    .description(description)
    .datasource(clickhouseDatasource)
    .withTarget(clickhouseQuery('A', sql, 'timeSeries'))
    .unit(unit)
    .displayName(`\${__field.labels.${series}}`)
    .min(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .calcs(['sum', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
}

/** A graph: the panel finds its two tables by the names `nodes` and `edges`. */
export function nodeGraphPanel(
  { title, description }: PanelText,
  { arcs }: ArcColors,
  queries: { readonly nodes: string; readonly edges: string },
): NodeGraph {
  return new NodeGraph()
    .title(title)
    .description(description)
    .datasource(clickhouseDatasource)
    .withTarget(clickhouseQuery('nodes', queries.nodes))
    .withTarget(clickhouseQuery('edges', queries.edges))
    .nodes(
      new NodeOptionsBuilder().arcs(
        Object.entries(arcs).map(([field, color]) => new ArcOptionBuilder().field(field).color(color)),
      ),
    )
}

/** Grafana's trace view, for which the Foundation SDK has no builder. */
export function tracePanel({ title, description }: PanelText, sql: string): GenericPanel {
  return new GenericPanel()
    .type('traces')
    .title(title)
    .description(description)
    .datasource(clickhouseDatasource)
    .withTarget(clickhouseQuery('A', sql, 'traces'))
}
