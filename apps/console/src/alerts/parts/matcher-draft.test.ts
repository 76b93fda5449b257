import { expect, it } from 'vitest';
import { type AlertMatcher } from '../../api/gen/types.gen.ts';
import { draftOf, matcherOf } from './matcher-draft.ts';

it.each<AlertMatcher>([{ label: 'task', is: 'equal', value: 'a, b' }, { label: 'layer', is: 'none-of', values: ['2', '3'] }])('$label comes back as it was', (matcher) => {
  expect(matcherOf(draftOf(matcher))).toEqual(matcher);
});

it('takes each value once', () => {
  expect(matcherOf({ label: ' layer ', is: 'one-of', text: '2, 3,2' })).toEqual({ label: 'layer', is: 'one-of', values: ['2', '3'] });
});
