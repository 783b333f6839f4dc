// Light or dark: as the system has it, or as was chosen. The choice is kept in this browser.

const kKey = 'weir.theme';
const kThemes = ['auto', 'light', 'dark'];

function kept(): string {
  try {
    return localStorage.getItem(kKey) ?? 'auto';
  } catch {
    return 'auto'; // storage is off
  }
}

function keep(theme: string): void {
  try {
    localStorage.setItem(kKey, theme);
  } catch {
    // storage is off: the choice holds for this visit
  }
}

/** Follows the picker and the system; `onChange` is called when colors have changed. */
export function followTheme(picker: HTMLSelectElement, onChange: () => void): void {
  const apply = (theme: string) => {
    document.documentElement.dataset['theme'] = theme;
    onChange();
  };
  picker.value = kThemes.includes(kept()) ? kept() : 'auto';
  document.documentElement.dataset['theme'] = picker.value;
  picker.addEventListener('change', () => {
    keep(picker.value);
    apply(picker.value);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}

/** A color of the style sheet as it is now. */
export const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
