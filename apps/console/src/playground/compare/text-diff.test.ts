import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTexts, sharedWords } from './text-diff.ts';

const words = fc.array(fc.constantFrom('sea', 'sky', 'land', ' ', '\n', 'tree'), { maxLength: 30 }).map((all) => all.join(''));
const textOf = (parts: ReturnType<typeof diffTexts>, side: 'a' | 'b'): string => parts.filter((part) => part.side !== (side === 'a' ? 'b' : 'a')).map(({ text }) => text).join('');

describe('diffTexts', () => {
  it('tells what was replaced, added and left out', () => {
    expect(diffTexts('the old sea was calm', 'the new sea was very calm')).toEqual([
      { side: 'both', text: 'the ' },
      { side: 'a', text: 'old' },
      { side: 'b', text: 'new' },
      { side: 'both', text: ' sea was' },
      { side: 'b', text: ' very' },
      { side: 'both', text: ' calm' },
    ]);
  });

  it('gives both texts back', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const parts = diffTexts(a, b);
        expect([textOf(parts, 'a'), textOf(parts, 'b')]).toEqual([a, b]);
      }),
    );
  });

  it('finds nothing between a text and itself, and nothing in common between texts without a common word', () => {
    fc.assert(
      fc.property(words, (a) => {
        expect(diffTexts(a, a).filter(({ side }) => side !== 'both')).toEqual([]);
      }),
    );
    expect(diffTexts('a', 'b')).toEqual([{ side: 'a', text: 'a' }, { side: 'b', text: 'b' }]);
    expect(diffTexts('', '')).toEqual([]);
  });
});

describe('sharedWords', () => {
  it('counts words, of both texts', () => {
    expect(sharedWords(diffTexts('a b c', 'a b d'))).toBeCloseTo(4 / 6);
    expect(sharedWords(diffTexts('', ''))).toBe(1);
    fc.assert(
      fc.property(words, words, (a, b) => {
        const share = sharedWords(diffTexts(a, b));
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });
});
