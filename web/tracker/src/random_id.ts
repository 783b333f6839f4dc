// Ids: 96 random bits. Not crypto.randomUUID, which pages without TLS lack.

export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(3)), (word) => word.toString(36)).join('-');

const kKey = 'weir.visitor';

/** The id kept in localStorage, made at the first visit; undefined when the browser keeps nothing. */
export function storedVisitor(): string | undefined {
  try {
    const kept = localStorage.getItem(kKey) || randomId();
    localStorage.setItem(kKey, kept);
    return kept;
  } catch (_) {
    return undefined; // then the visit is counted as without storage
  }
}
