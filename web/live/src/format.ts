// Numbers for people, as the terminal table of Weir has them. Null is a ratio whose denominator is 0.

const kNothing = '–';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** "12,345". */
export const count = (value: number): string => whole.format(value);

/** "12,345", from a million on "1.23M". */
export const shortCount = (value: number): string => (value < 1e6 ? whole : short).format(value);

/** "3.6%". */
export const percent = (ratio: number | null): string => (ratio === null ? kNothing : `${(ratio * 100).toFixed(1)}%`);

/** "2.19". */
export const decimal = (value: number | null): string => (value === null ? kNothing : value.toFixed(2));

/** "6.4s", "2m05s", "1h02m". */
export function duration(seconds: number | null): string {
  if (seconds === null) return kNothing;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const rounded = Math.round(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (rounded < 3600) return `${Math.floor(rounded / 60)}m${two(rounded % 60)}s`;
  if (rounded < 86400) return `${Math.floor(rounded / 3600)}h${two((rounded % 3600) / 60)}m`;
  return `${Math.floor(rounded / 86400)}d${two((rounded % 86400) / 3600)}h`;
}

/** "$1,234.50"; XXX stands for several currencies summed. */
export function money(value: number, currency: string): string {
  try {
    const digits = Math.abs(value) >= 10000 ? { maximumFractionDigits: 0 } : {};
    return new Intl.NumberFormat('en', { style: 'currency', currency, ...digits }).format(value);
  } catch {
    return `${value.toFixed(2)} ${currency}`; // not a code this browser takes
  }
}

/** All sums of an object of currencies, largest first; nothing as a dash. */
export function moneys(sums: Record<string, number>): string {
  const sorted = Object.entries(sums).sort((a, b) => b[1] - a[1]);
  return sorted.map(([currency, value]) => money(value, currency)).join(' + ') || kNothing;
}

/** The largest sum without its small change, and the others, to be said beside it. */
export function largestMoney(sums: Record<string, number>): { largest: string; rest: string[] } {
  const sorted = Object.entries(sums)
    .sort((a, b) => b[1] - a[1])
    .map(([currency, value]) => money(Math.round(value), currency).replace(/\.00$/, ''));
  return { largest: sorted[0] ?? kNothing, rest: sorted.slice(1) };
}

/** "5 minutes", "hour": the length of a window, behind "the last". */
export function span(name: string): string {
  const [, number = '', unit = ''] = /^(\d+)(m|h|d)$/.exec(name) ?? [];
  const words: Record<string, string> = { m: 'minute', h: 'hour', d: 'day' };
  const word = words[unit];
  if (word === undefined) return name;
  return number === '1' ? word : `${number} ${word}s`;
}

/** "12/s", "0.4/s". */
export const rate = (perSecond: number): string => `${perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond)}/s`;
