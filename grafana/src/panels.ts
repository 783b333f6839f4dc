// The kinds of panels dashboards are made of, each in the one style they share. A panel says what it shows and how to
// read it (`about` becomes its description); everything else is decided here.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DataTransformerConfig,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  type Threshold,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatMap,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { datasource } from './names';
import { thresholds, thresholdsConfig, type Unit } from './units';

/** One query and the name of what it gives. */
export interface Line {
  name: string;
  expr: string;
  /** Drawn behind the others as a dashed line: what it was a week ago. */
  pale?: boolean;
}

export interface PanelOptions {
  title: string;
  about: string;
  unit: Unit;
  decimals?: number;
  thresholds?: Threshold[];
}

type Sized = Builder<Panel> & { span(width: number): Sized; height(height: number): Sized };

/** A panel and the size it has in the 24 columns of a dashboard. */
export interface Placed {
  panel: Sized;
  width: number;
  height: number;
}

const refId = (index: number) => String.fromCharCode('A'.charCodeAt(0) + index);

function rangeQuery(line: Line, index: number): Builder<Dataquery> {
  return new DataqueryBuilder().refId(refId(index)).expr(line.expr).legendFormat(line.name).range();
}

/** Of this moment. A range would give the last value it has, and that may be of a process long gone. */
function nowQuery(line: Line, index: number): Builder<Dataquery> {
  return new DataqueryBuilder().refId(refId(index)).expr(line.expr).legendFormat(line.name).instant();
}

function tableQuery(expr: string, index: number): Builder<Dataquery> {
  return new DataqueryBuilder().refId(refId(index)).expr(expr).instant().format(PromQueryFormat.Table);
}

/** The value of this moment as a number. Its course is a graph of its own. */
export function stat(options: PanelOptions & { lines: Line[]; width?: number }): Placed {
  const panel = new Stat()
    .title(options.title)
    .description(options.about)
    .datasource(datasource)
    .unit(options.unit)
    .thresholds(thresholdsConfig(options.thresholds ?? thresholds.none))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(options.lines.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .orientation(VizOrientation.Vertical)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .targets(options.lines.map(nowQuery));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  return { panel: panel as unknown as Sized, width: options.width ?? 3, height: 5 };
}

const pale: DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 6] } },
  { id: 'color', value: { mode: 'fixed', fixedColor: '#8e8e8e' } },
  { id: 'custom.fillOpacity', value: 0 },
];

export interface GraphOptions extends PanelOptions {
  lines: Line[];
  /** Parts of a whole, drawn on top of each other; `share` scales the whole to 1. */
  stacked?: 'amount' | 'share';
  max?: number;
  width?: number;
}

/** Lines over time. */
export function graph(options: GraphOptions): Placed {
  const panel = new TimeSeries()
    .title(options.title)
    .description(options.about)
    .datasource(datasource)
    .unit(options.unit)
    .min(0)
    .lineWidth(2)
    .fillOpacity(options.stacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .targets(options.lines.map(rangeQuery));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.max !== undefined) panel.max(options.max);
  if (options.stacked) {
    const mode = options.stacked === 'share' ? StackingMode.Percent : StackingMode.Normal;
    panel.stacking(new StackingConfigBuilder().mode(mode).group('A'));
  }
  if (options.thresholds) {
    panel.thresholds(thresholdsConfig(options.thresholds));
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  options.lines.forEach((line, index) => {
    if (line.pale) panel.overrideByQuery(refId(index), pale);
  });
  return { panel: panel as unknown as Sized, width: options.width ?? 8, height: 8 };
}

/** Bars of one moment, longest first. */
export function bars(options: PanelOptions & { name: string; expr: string; width?: number }): Placed {
  const panel = new BarGauge()
    .title(options.title)
    .description(options.about)
    .datasource(datasource)
    .unit(options.unit)
    .min(0)
    .thresholds(thresholdsConfig([{ value: null, color: 'blue' }]))
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .targets([nowQuery({ name: options.name, expr: options.expr }, 0)]);
  return { panel: panel as unknown as Sized, width: options.width ?? 8, height: 8 };
}

/** Buckets of a histogram over time. `expr` gives one series per `le`. */
export function heatMap(options: PanelOptions & { expr: string; width?: number }): Placed {
  const panel = new HeatMap()
    .title(options.title)
    .description(options.about)
    .datasource(datasource)
    .unit('short')
    .calculate(false)
    .cellGap(1)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(32))
    .yAxis(new YAxisConfigBuilder().unit(options.unit))
    .interval('5m')
    .targets([
      new DataqueryBuilder()
        .refId('A')
        .expr(options.expr)
        .legendFormat('{{le}}')
        .format(PromQueryFormat.Heatmap)
        .range(),
    ]);
  return { panel: panel as unknown as Sized, width: options.width ?? 16, height: 8 };
}

/** A column with a number. */
export interface Column {
  name: string;
  expr: string;
  unit: Unit;
  decimals?: number;
  thresholds?: Threshold[];
}

/** A column with a label, which tells rows apart. */
export interface KeyColumn {
  label: string;
  name: string;
  link?: { title: string; url: string };
}

export interface TableOptions extends Omit<PanelOptions, 'unit' | 'thresholds'> {
  keys: KeyColumn[];
  columns: Column[];
  /** Column by which rows are sorted, most first. */
  sortBy: string;
  width?: number;
  height?: number;
}

/** Puts the answers of all queries side by side, row by row, and names the columns. */
function joinColumns(options: TableOptions): DataTransformerConfig[] {
  // A single answer calls its numbers Value.
  const valueOf = (index: number) => (options.columns.length > 1 ? `Value #${refId(index)}` : 'Value');
  const inOrder = [...options.keys.map((key) => key.label), ...options.columns.map((_, index) => valueOf(index))];
  const names = [...options.keys.map((key) => key.name), ...options.columns.map((column) => column.name)];
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(inOrder.map((field, place) => [field, place])),
        renameByName: Object.fromEntries(inOrder.map((field, place) => [field, names[place]])),
      },
    },
  ];
}

function columnStyle(column: Column): DynamicConfigValue[] {
  const style: DynamicConfigValue[] = [{ id: 'unit', value: column.unit }];
  if (column.decimals !== undefined) style.push({ id: 'decimals', value: column.decimals });
  if (column.thresholds) {
    style.push({ id: 'thresholds', value: { mode: 'absolute', steps: column.thresholds } });
    style.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
  }
  return style;
}

/** A row per set of labels, a column per query. */
export function table(options: TableOptions): Placed {
  const panel = new Table()
    .title(options.title)
    .description(options.about)
    .datasource(datasource)
    .unit('short')
    .thresholds(thresholdsConfig(thresholds.none))
    .filterable(true)
    .sortBy([new TableSortByFieldStateBuilder().displayName(options.sortBy).desc(true)])
    .transformations(joinColumns(options))
    .targets(options.columns.map((column, index) => tableQuery(column.expr, index)));
  for (const key of options.keys) {
    panel.overrideByName(key.name, [
      { id: 'unit', value: 'string' },
      ...(key.link ? [{ id: 'links', value: [key.link] }] : []),
    ]);
  }
  for (const column of options.columns) panel.overrideByName(column.name, columnStyle(column));
  return { panel: panel as unknown as Sized, width: options.width ?? 24, height: options.height ?? 10 };
}
