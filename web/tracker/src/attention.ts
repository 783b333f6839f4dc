// Measures how long the page had the visitor's attention: visible, and its window focused. A machine that sleeps or a
// page in the back/forward cache has none.

let engagedMs = 0;
let since = -1; // monotonic; negative: no attention now

export const attentive = (): boolean => since >= 0;

/** Adds the time since the last call, and looks whether the page has attention now. */
export function measure(): void {
  const now = performance.now();
  if (since >= 0) engagedMs += now - since;
  since = document.visibilityState === 'visible' && document.hasFocus() ? now : -1;
}

/** The page goes: it has no attention until it is measured again. */
export function stopMeasuring(): void {
  measure();
  since = -1;
}

/** Milliseconds of what was measured since some were last taken; 0, and they stay, when there are fewer than `least`. */
export function takeEngagedMs(least: number): number {
  const taken = Math.round(engagedMs);
  if (taken < least) return 0;
  engagedMs = 0;
  return taken;
}
