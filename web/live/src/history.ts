// What was seen so far, for sparklines and charts: a row of values for each moment. Bounded: when it is full, every
// second moment is dropped and later ones come half as often, so it always reaches back to the beginning.

const kMoments = 600;
const kSeries = 400; // names beyond that are not kept

export class History {
  times: number[] = []; // seconds since 1970
  private series = new Map<string, (number | null)[]>();
  private every = 1; // of the moments given, so many make one that is kept
  private given = 0;

  constructor(private moments = kMoments) {}

  /** Adds a moment. Series without a value have a gap there; time that does not go on is not added. */
  add(time: number, values: Map<string, number | null>): void {
    if (time <= (this.times[this.times.length - 1] ?? 0) || this.given++ % this.every !== 0) return;
    const size = this.times.length;
    for (const [name, kept] of this.series) kept.push(values.get(name) ?? null);
    for (const [name, value] of values) {
      if (this.series.has(name) || this.series.size >= kSeries) continue;
      const kept: (number | null)[] = new Array<null>(size).fill(null);
      kept.push(value);
      this.series.set(name, kept);
    }
    this.times.push(time);
    if (this.times.length >= this.moments) this.thin();
  }

  /** The values of a series, one for each of `times`. */
  of(name: string): (number | null)[] {
    return this.series.get(name) ?? new Array<null>(this.times.length).fill(null);
  }

  private thin(): void {
    // The newest one stays.
    const keeps = (_: unknown, place: number) => (this.times.length - 1 - place) % 2 === 0;
    for (const [name, values] of this.series) {
      const kept = values.filter(keeps);
      if (kept.some((value) => value !== null)) this.series.set(name, kept);
      else this.series.delete(name);
    }
    this.times = this.times.filter(keeps);
    this.every *= 2;
    this.given = 1;
  }
}
