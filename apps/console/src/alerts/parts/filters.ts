const NAMES = ['severity', 'signal', 'state', 'rule', 'live', 'delivery', 'layer', 'release'] as const;

/** What lists of alerts are filtered by; in the address. */
export type Filters = { readonly [K in (typeof NAMES)[number]]?: string };

export function parseFilters(search: Readonly<Record<string, unknown>>): Filters {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = search[name];
      return (typeof value === 'string' && value !== '') || typeof value === 'number' ? [[name, String(value)]] : [];
    }),
  );
}

/** The value where it is one of those that the API knows; an address that somebody made up filters nothing. */
export function oneOf<T extends string>(value: string | undefined, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}
