import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findText } from './find-text.ts';

it('finds within a token, over several, and not by case', () => {
  const texts = ['The ', 'sig', 'nal', 'box', '', ' signal'];
  expect(findText(texts, 'signal')).toEqual([{ first: 1, last: 2 }, { first: 5, last: 5 }]);
  expect(findText(texts, 'e s')).toEqual([{ first: 0, last: 1 }]);
  expect(findText(texts, '')).toEqual([]);
  expect(findText([], 'a')).toEqual([]);
});

it('finds as often as the whole text holds it, each within its tokens', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }), { maxLength: 20 }), fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), (texts, wanted) => {
      const matches = findText(texts, wanted);
      expect(matches).toHaveLength(texts.join('').split(wanted).length - 1);
      for (const { first, last } of matches) expect(texts.slice(first, last + 1).join('')).toContain(wanted);
    }),
  );
});
