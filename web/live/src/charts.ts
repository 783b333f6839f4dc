// The charts: what the chosen window said, moment by moment, since this page was opened.
import uPlot from 'uplot';
import { element, setText } from './dom';
import { duration, percent, shortCount } from './format';
import type { History } from './history';
import { color } from './theme';

interface Line {
  name: string; // of the series in the history
  title: string;
  color: string;
}

interface Kind {
  title: string;
  lines: Line[];
  format: (value: number | null) => string;
  tick: (value: number) => string;
  least: number; // top of the scale at least
  steps?: number[]; // between two ticks, where tens are odd
}

/** "14:05", or "14:05:30" between two minutes, by the clock of the viewer. */
function clock(seconds: number): string {
  const time = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = `${two(time.getHours())}:${two(time.getMinutes())}`;
  return time.getSeconds() === 0 ? minutes : `${minutes}:${two(time.getSeconds())}`;
}

const countOrNothing = (value: number | null) => (value === null ? '–' : shortCount(value));

const kSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200];

const kKinds: Kind[] = [
  {
    title: 'Sessions',
    least: 5,
    format: countOrNothing,
    tick: shortCount,
    lines: [
      { name: 'sessions', title: 'sessions', color: 'line-1' },
      { name: 'page_views', title: 'page views', color: 'line-2' },
    ],
  },
  {
    title: 'Bounce and conversion',
    least: 0.1,
    format: percent,
    tick: (value) => `${Math.round(value * 100)}%`,
    lines: [
      { name: 'bounce_ratio', title: 'bounce', color: 'line-1' },
      { name: 'conversion_ratio', title: 'conversion', color: 'line-2' },
    ],
  },
  {
    title: 'Dwell',
    least: 1,
    steps: kSeconds,
    format: duration,
    tick: (value) => duration(value).replace('.0s', 's').replace('m00s', 'm'),
    lines: [
      { name: 'dwell_p50', title: 'p50', color: 'line-1' },
      { name: 'dwell_p95', title: 'p95', color: 'line-2' },
    ],
  },
];

const kHeight = 150;

/** One chart with its legend, whose numbers are the newest, or those under the pointer. */
class Chart {
  private box = element('div', { class: 'plot', 'aria-hidden': 'true' });
  private values: HTMLElement[] = [];
  private plot: uPlot | null = null;
  private times: number[] = [];
  private data: (number | null)[][] = [];

  constructor(
    parent: HTMLElement,
    private kind: Kind,
  ) {
    const legend = element('figcaption', {}, element('span', { class: 'chart-title' }, kind.title));
    for (const { title, color: name } of kind.lines) {
      const value = element('b', {}, '–');
      legend.append(element('span', { class: `key ${name}` }, `${title} `, value));
      this.values.push(value);
    }
    parent.append(element('figure', { class: 'card chart' }, legend, this.box));
    new ResizeObserver(() => this.plot?.setSize({ width: this.box.clientWidth, height: kHeight })).observe(this.box);
  }

  update(history: History): void {
    this.times = history.times;
    this.data = this.kind.lines.map(({ name }) => history.of(name));
    this.plot ??= this.draw();
    this.plot.setData([this.times, ...this.data] as uPlot.AlignedData);
    this.showValues(this.plot.cursor.idx ?? this.times.length - 1);
  }

  /** Draws anew, in the colors of now. */
  redraw(): void {
    if (!this.plot) return;
    this.plot.destroy();
    this.plot = this.draw();
  }

  private showValues(place: number): void {
    this.values.forEach((value, line) => setText(value, this.kind.format(this.data[line]?.[place] ?? null)));
  }

  private draw(): uPlot {
    const axis = (format: object): uPlot.Axis => ({
      stroke: color('quiet'),
      grid: { stroke: color('grid'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
      ...format,
    });
    const least = this.kind.least;
    return new uPlot(
      {
        width: this.box.clientWidth,
        height: kHeight,
        legend: { show: false },
        padding: [8, 22, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
        scales: { y: { range: (_: uPlot, __: number, top: number) => [0, Math.max(least, (top ?? 0) * 1.1)] } },
        axes: [
          axis({ size: 22, gap: 3, space: 80, values: (_: uPlot, ticks: number[]) => ticks.map(clock) }),
          axis({
            size: 46,
            space: 34,
            ...(this.kind.steps && { incrs: this.kind.steps }),
            values: (_: uPlot, ticks: number[]) => ticks.map(this.kind.tick),
          }),
        ],
        series: [
          {},
          ...this.kind.lines.map(({ color: name }) => ({
            stroke: color(name),
            width: 2,
            spanGaps: false,
            points: { show: false },
          })),
        ],
        hooks: { setCursor: [(plot: uPlot) => this.showValues(plot.cursor.idx ?? this.times.length - 1)] },
      },
      [this.times, ...this.data] as uPlot.AlignedData,
      this.box,
    );
  }
}

export class Charts {
  private charts: Chart[];

  constructor(parent: HTMLElement) {
    this.charts = kKinds.map((kind) => new Chart(parent, kind));
  }

  update(history: History): void {
    for (const chart of this.charts) chart.update(history);
  }

  redraw(): void {
    for (const chart of this.charts) chart.redraw();
  }
}
