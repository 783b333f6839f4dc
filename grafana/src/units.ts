// Units and thresholds, each with its meaning.
import { type Threshold, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

export const units = {
  count: 'short',
  decimal: 'none',
  share: 'percentunit',
  seconds: 's',
  perSecond: 'cps',
  bytes: 'bytes',
  bytesPerSecond: 'binBps',
  money: 'locale', // of the currency chosen at the top
  text: 'string',
} as const;
export type Unit = (typeof units)[keyof typeof units];

/** Green below the first number; red is where the alert of docs/runbooks.md fires. */
function rising(yellow: number, red: number): Threshold[] {
  return [
    { value: null, color: 'green' },
    { value: yellow, color: 'yellow' },
    { value: red, color: 'red' },
  ];
}

export const thresholds = {
  none: [{ value: null, color: 'text' }],
  lagSeconds: rising(30, 120),
  rejectedShare: rising(0.01, 0.05),
  refusedShare: rising(0.001, 0.01),
  foldedShare: rising(0.05, 0.1),
  series: rising(16_000, 20_000),
  anyIsBad: [
    { value: null, color: 'red' },
    { value: 0, color: 'green' },
    { value: 0.5, color: 'red' },
  ],
  zeroIsBad: [
    { value: null, color: 'red' },
    { value: 1, color: 'green' },
  ],
  /** Leakage above that of last week, as WeirLeakageJump sees it. */
  leakageChange: rising(0.05, 0.1),
  /** Change since last week: a fifth less is worth a look. */
  growth: [
    { value: null, color: 'red' },
    { value: -0.2, color: 'text' },
    { value: 0.2, color: 'green' },
  ],
} satisfies Record<string, Threshold[]>;

export const thresholdsConfig = (steps: Threshold[]) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
