import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePattern, PatternError } from './pattern-syntax.ts';
import { patternMatcher } from './pattern-matcher.ts';

const PATTERNS = ['^a+b*$', 'b', '^(a|bb)*$', '^[^a-c]?c$', '^a{2,3}$', 'a$|^b', '^\\d+\\w?$', '^.{3}$', '^(?:ab?){1,2}c$', '\\u0061\\x62', '^\\S+\\s\\S+$', '[\\d-]', '^(?<name>a|b)c$', '^$', '^[\\u{1F600}-\\u{1F64F}]+$', 'é|ü'];

describe('patterns', () => {
  it('match what ECMAScript matches', () => {
    const matchers = PATTERNS.map((source) => ({ source, ours: patternMatcher(source), theirs: new RegExp(source, 'u') }));
    const character = fc.constantFrom('a', 'b', 'c', '1', '-', ' ', '\n', '"', '\\', 'é', 'ü', '😀', '\u2028');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 6 }), (characters) => {
        const text = characters.join('');
        for (const { source, ours, theirs } of matchers) expect(ours(text), `${source} on ${JSON.stringify(text)}`).toBe(theirs.test(text));
      }),
      { numRuns: 500 },
    );
  });

  it('take linear time where backtracking takes for ever', () => {
    expect(patternMatcher('^(a+)+$')(`${'a'.repeat(20_000)}!`)).toBe(false);
  });

  it.each(['(?=a)', '(?!a)', '(?<=a)b', '(a)\\1', 'a\\b', '\\p{L}', 'a(^b)', 'a**', 'a{3,2}', '(a', 'a)', '[b-a]', 'a{5000}', '\\'])('refuses %s by what is wrong with it', (source) => {
    expect(() => parsePattern(source)).toThrow(PatternError);
  });
});
