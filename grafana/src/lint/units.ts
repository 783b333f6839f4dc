// Units Grafana knows, of the kinds that web analytics and its machines have; others are most likely a slip.
export const knownUnits = new Set([
  'none', 'string', 'short', 'percent', 'percentunit', 'locale', 'sci', 'bool', 'bool_yes_no', 'bool_on_off',
  'bytes', 'decbytes', 'bits', 'kbytes', 'mbytes', 'gbytes', 'Bps', 'binBps', 'bps', 'binbps', 'pps',
  'ns', 'µs', 'ms', 's', 'm', 'h', 'd', 'dtdurations', 'dtdurationms', 'dthms', 'dtdhms', 'clocks', 'clockms',
  'hertz', 'cps', 'ops', 'reqps', 'rps', 'wps', 'iops', 'cpm', 'opm', 'rpm', 'wpm',
  'dateTimeAsIso', 'dateTimeAsLocal', 'dateTimeAsSystem', 'dateTimeFromNow',
  'currencyUSD', 'currencyEUR', 'currencyGBP', 'currencyJPY', 'currencyCHF', 'currencyCNY', 'currencyINR',
]);
