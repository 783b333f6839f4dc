// Sparklines: a series as a small line. Decoration: the number it ends with stands beside it.

const kSvg = 'http://www.w3.org/2000/svg';
const kWidth = 88;
const kHeight = 22;
const kPoints = 60;

export class Spark {
  root = document.createElementNS(kSvg, 'svg');
  private area = document.createElementNS(kSvg, 'path');
  private line = document.createElementNS(kSvg, 'path');

  constructor() {
    this.root.setAttribute('class', 'spark');
    this.root.setAttribute('viewBox', `0 0 ${kWidth} ${kHeight}`);
    this.root.setAttribute('aria-hidden', 'true');
    this.area.setAttribute('class', 'spark-area');
    this.line.setAttribute('class', 'spark-line');
    this.root.append(this.area, this.line);
  }

  /** Draws the values against their times, gaps left out: what they lie between, but no less than a quarter of the
   * largest, so that a small change looks small. */
  update(times: number[], values: (number | null)[]): void {
    const from = Math.max(
      0,
      values.findIndex((value) => value !== null),
    );
    const step = Math.max(1, Math.floor((values.length - from) / kPoints));
    const start = times[from] ?? 0;
    const span = Math.max(1, (times[times.length - 1] ?? 0) - start);
    const there = values.filter((value): value is number => value !== null);
    const largest = there.reduce((most, value) => Math.max(most, value), 0);
    const least = Math.min(
      largest * 0.75,
      there.reduce((fewest, value) => Math.min(fewest, value), largest),
    );
    const points: string[] = [];
    for (let place = values.length - 1; place >= from; place -= step) {
      const value = values[place];
      if (value === null || value === undefined) continue;
      const x = (((times[place] ?? start) - start) / span) * kWidth;
      const y = kHeight - 1.5 - (largest > 0 ? (value - least) / (largest - least) : 0) * (kHeight - 4) - 0.5;
      points.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    }
    if (points.length < 2) {
      this.line.setAttribute('d', '');
      this.area.setAttribute('d', '');
      return;
    }
    const line = points.join('L');
    const first = points[points.length - 1]?.split(' ')[0] ?? '0';
    this.line.setAttribute('d', `M${line}`);
    this.area.setAttribute('d', `M${line}L${first} ${kHeight}L${kWidth} ${kHeight}Z`);
  }
}
