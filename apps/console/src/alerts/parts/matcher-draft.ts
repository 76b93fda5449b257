import { type AlertMatcher, type AlertMatcherRequest } from '../../api/gen/types.gen.ts';

/** A matcher while it is edited: several values stand with commas between. */
export interface MatcherDraft {
  readonly label: string;
  readonly is: AlertMatcher['is'];
  readonly text: string;
}

export const NEW_MATCHER: MatcherDraft = { label: 'layer', is: 'equal', text: '' };

export function draftOf(matcher: AlertMatcher): MatcherDraft {
  return { label: matcher.label, is: matcher.is, text: 'values' in matcher ? matcher.values.join(', ') : matcher.value };
}

export function matcherOf({ label, is, text }: MatcherDraft): AlertMatcherRequest {
  if (is === 'equal' || is === 'not-equal') return { label: label.trim(), is, value: text };
  return { label: label.trim(), is, values: text.split(',').map((value) => value.trim()).filter((value, index, all) => all.indexOf(value) === index) };
}
