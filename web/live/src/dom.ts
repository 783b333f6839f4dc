// Makes and changes elements. Texts become text nodes and nothing else, whatever visitors wrote into them.

type Child = Node | string;

/** A new element with attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The element of the page with this id. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as Kind;
}

/** Sets a text unless it is there already, so that nothing is drawn or read out for nothing. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A number for people with the exact one for programs. */
export function setData(target: HTMLDataElement, value: number | null, text: string): void {
  const exact = value === null ? '' : String(value);
  if (target.value !== exact) target.value = exact;
  setText(target, text);
}

export function setClass(target: Element, name: string, on: boolean): void {
  if (target.classList.contains(name) !== on) target.classList.toggle(name, on);
}

/** Children of `parent` that are kept from update to update: one for each key, in the order of the keys. */
export class Keyed<Item> {
  private items = new Map<string, { item: Item; root: Element }>();

  constructor(
    private parent: Element,
    private make: (key: string) => { item: Item; root: Element },
  ) {}

  update(keys: string[], change: (item: Item, key: string) => void): void {
    const wanted = new Set(keys);
    const focused = document.activeElement;
    for (const [key, { root }] of this.items) {
      if (wanted.has(key)) continue;
      root.remove();
      this.items.delete(key);
    }
    keys.forEach((key, place) => {
      let entry = this.items.get(key);
      if (!entry) {
        entry = this.make(key);
        this.items.set(key, entry);
      }
      change(entry.item, key);
      const there = this.parent.children[place];
      if (there !== entry.root) this.parent.insertBefore(entry.root, there ?? null);
    });
    // What is moved loses the focus, which must stay with who is on it.
    const lost = focused instanceof HTMLElement && focused !== document.activeElement && this.parent.contains(focused);
    if (lost) focused.focus({ preventScroll: true });
  }
}
