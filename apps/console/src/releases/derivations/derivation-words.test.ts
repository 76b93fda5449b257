import { describe, expect, it } from 'vitest';
import { derivationText, namesIn, sourceOf } from './derivation-words.ts';

describe('a derivation in words', () => {
  it('says what is made', () => {
    expect(derivationText({ kind: 'quantise', precision: 'int8', components: 'experts' })).toBe('int8, all experts');
    expect(derivationText({ kind: 'quantise', precision: 'int4', components: ['expert/0/1', 'expert/0/2', 'expert/0/3', 'backbone'] })).toBe('int4, expert/0/1, expert/0/2, expert/0/3 and 1 more');
    expect(derivationText({ kind: 'densify', model: 'twin', expertsPerLayer: 1 })).toBe('dense model twin of 1 expert a layer');
  });

  it('names the release that it begins with', () => {
    expect(sourceOf({ directory: `release/${'5f'.repeat(32)}` })).toBe('5f'.repeat(32));
    expect(sourceOf({ directory: '/models/tiny' })).toBeNull();
  });

  it('takes names apart at commas and spaces', () => {
    expect(namesIn(' expert/3/5, backbone\nexpert/0/0 ')).toEqual(['expert/3/5', 'backbone', 'expert/0/0']);
  });
});
