// What of the address bar is reported: the page and where the visit came from, never other parameters or fragments,
// which may hold names, searches or secrets.

/** The parameters that Weir reads: campaigns, and the ids of paid clicks. */
const kKept = /[?&]((utm_\w+|(g|d|y|tt|tw)clid|msclkid|[gw]braid|rdt_cid|li_fat_id|ScCid)=[^&#]*)/g;

/** The path, or with hash routing the path that the fragment stands for: /app/#/pricing is /app/pricing. */
export function currentPath(hash: boolean): string {
  const { pathname, hash: fragment } = location;
  if (!hash) return pathname;
  return pathname.replace(/\/$/, '') + fragment.replace(/^#?!?\/?/, '/').replace(/\?.*/, '');
}

/** The query, of the fragment too with hash routing. */
export function currentQuery(hash: boolean): string {
  const inFragment = hash && location.hash.split('?')[1];
  return location.search + (inFragment ? (location.search ? '&' : '?') + inFragment : '');
}

export function currentUrl(hash: boolean): string {
  const kept: string[] = [];
  currentQuery(hash).replace(kKept, (_, pair: string) => (kept.push(pair), ''));
  return location.origin + currentPath(hash) + (kept[0] ? '?' + kept.join('&') : '');
}
