import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileStops, StopMatcher } from './stop-matcher.ts';

function run(stops: readonly string[], pieces: readonly string[]): { text: string; matched: string | null } {
  const matcher = new StopMatcher(compileStops(stops));
  let text = '';
  for (const piece of pieces) {
    text += matcher.push(piece);
    if (matcher.matched !== null) return { text, matched: matcher.matched };
  }
  return { text: text + matcher.finish(), matched: null };
}

describe('stop matcher', () => {
  it('finds a stop across pieces and leaves it out', () => {
    expect(run(['\n\n'], ['one\n', 'two\n', '\nthree'])).toEqual({ text: 'one\ntwo', matched: '\n\n' });
    expect(run(['abab', 'END'], ['xaba', 'bE'])).toEqual({ text: 'x', matched: 'abab' });
    expect(run(['aab'], ['aa', 'a', 'b'])).toEqual({ text: 'a', matched: 'aab' });
  });

  it('holds back what may begin a stop, and gives it up when it does not', () => {
    const matcher = new StopMatcher(compileStops(['STOP']));
    expect(matcher.push('text ST')).toBe('text ');
    expect(matcher.push('ART')).toBe('START');
    expect(matcher.push(' S')).toBe(' ');
    expect(matcher.finish()).toBe('S');
  });

  it('prefers the stop that ends first, then the longer one; empty stops do not match', () => {
    expect(run(['abc', 'b'], ['xabc'])).toEqual({ text: 'xa', matched: 'b' });
    expect(run(['c', 'bc'], ['xabc'])).toEqual({ text: 'xa', matched: 'bc' });
    expect(run([''], ['abc'])).toEqual({ text: 'abc', matched: null });
  });

  it('gives the same answer however the text is cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(letters, stops, fc.array(fc.nat(30), { maxLength: 8 }), (text, chosen, cuts) => {
        const places = [0, ...cuts.filter((at) => at <= text.length).toSorted((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, at) => text.slice(places[at], end));
        const whole = run(chosen, [text]);
        expect(run(chosen, pieces)).toEqual(whole);
        // By definition: the end that comes first, and the longest stop that ends there.
        const ends = Array.from({ length: text.length + 1 }, (_, end) => chosen.filter((stop) => text.slice(0, end).endsWith(stop)));
        const end = ends.findIndex((found) => found.length > 0);
        const longest = ends[end]?.reduce((a, b) => (b.length > a.length ? b : a)) ?? null;
        expect(whole).toEqual({ text: longest === null ? text : text.slice(0, end - longest.length), matched: longest });
      }),
      { numRuns: 500 },
    );
  });
});
