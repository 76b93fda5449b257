import { describe, expect, it } from 'vitest';
import { recallInWords } from './recall-words.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const held = (releaseId: string) => ({ releaseId, model: 'tiny', component: 'expert/3/5' });
const activation = { releaseId: A, previousRelease: null, canary: null, shadow: null };

describe('recallInWords', () => {
  it('names the releases that become unusable and what happens to the stable one', () => {
    const words = recallInWords(C, [held(A), held(B), held(A)], [{ model: 'tiny', activation }]);
    expect(words[1]).toBe('2 releases hold it and become unusable: aaaaaaaaaa, bbbbbbbbbb.');
    expect(words[2]).toMatch(/^tiny: its stable release aaaaaaaaaa is replaced/);
  });

  it('says what ends where only candidates hold it, and what stays', () => {
    const shadow = { releaseId: B, share: 0.1 };
    expect(recallInWords(C, [held(B)], [{ model: 'tiny', activation: { ...activation, shadow, previousRelease: B } }])[2]).toBe('tiny: its shadow bbbbbbbbbb ends; bbbbbbbbbb is no way back any more.');
    expect(recallInWords(C, [held(C)], [{ model: 'tiny', activation }])[2]).toBe('tiny: what serves does not hold it and stays.');
  });
});
