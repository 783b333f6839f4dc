// No fault of the tracker may reach the page.

/** The same function, which does nothing more when something is thrown. */
export const safely =
  <Arguments extends unknown[]>(body: (...values: Arguments) => void) =>
  (...values: Arguments): void => {
    try {
      body(...values);
    } catch (_) {
      // Measuring is worth less than the page.
    }
  };
