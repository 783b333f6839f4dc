// What the script tag asks for by its data attributes. Read once, before anything else happens.

export interface Options {
  /** Site of all events; undefined: Weir takes the host of the url. */
  site: string | undefined;
  /** Where events are posted to. */
  endpoint: string;
  /** Pages are told apart by the fragment (#/pricing). */
  hash: boolean;
  /** No page views but those the page asks for. */
  manual: boolean;
  /** A visitor id may be kept in localStorage. */
  storage: boolean;
  /** A privacy signal that the tag honours is set: nothing may be sent or stored. */
  silent: boolean;
  /** Names that are conversions even without a value or an order. */
  conversions: string[];
}

const kConversions = 'purchase signup subscribe lead';

const words = (text: string | undefined): string[] => (text || '').split(/[\s,]+/);

export function readOptions(script: HTMLScriptElement): Options {
  const data = script.dataset;
  const signals: Record<string, boolean> = {
    gpc: !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl,
    dnt: navigator.doNotTrack === '1',
  };
  return {
    site: data.site,
    // Beside the script, so that a proxy which moves both to /any/prefix needs no attribute.
    endpoint: new URL(data.endpoint || 'v1/events', data.endpoint ? location.href : script.src).href,
    hash: data.hash != null,
    manual: data.manual != null,
    // Whoever signals that they do not want to be followed gets no id, whatever the tag says.
    storage: data.storage === 'local' && !signals.gpc && !signals.dnt,
    silent: words(data.honor).some((word) => signals[word]),
    conversions: words(data.conversions || kConversions),
  };
}
