import { type Labels } from './alert.ts';

/** Picks alerts by one label. A label that is missing counts as empty text, as in Prometheus. */
export type Matcher =
  | { readonly label: string; readonly is: 'equal' | 'not-equal'; readonly value: string }
  | { readonly label: string; readonly is: 'one-of' | 'none-of'; readonly values: readonly string[] };

export function matches(matcher: Matcher, labels: Labels): boolean {
  const value = labels[matcher.label] ?? '';
  switch (matcher.is) {
    case 'equal':
      return value === matcher.value;
    case 'not-equal':
      return value !== matcher.value;
    case 'one-of':
      return matcher.values.includes(value);
    default:
      return !matcher.values.includes(value);
  }
}

/** No matcher at all matches nothing: an empty silence must not silence everything. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.length > 0 && matchers.every((matcher) => matches(matcher, labels));
}
