import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NamedReleases, type NamingEvent, servedPeriods } from './served-periods.ts';

const NONE: NamedReleases = { stable: null, canary: null, shadow: null };
/** A history out of the states that followed one another; generation and time are the place in the list. */
const history = (states: readonly NamedReleases[]): NamingEvent[] => states.map((after, at) => ({ atMs: at, generation: at, before: states[at - 1] ?? NONE, after }));

describe('servedPeriods', () => {
  it('follows a release from shadow to canary to stable and back', () => {
    const events = history([
      { ...NONE, stable: 'a' },
      { ...NONE, stable: 'a', shadow: 'b' },
      { ...NONE, stable: 'a', canary: 'b' },
      { ...NONE, stable: 'b' },
      { ...NONE, stable: 'a' },
      { ...NONE, stable: 'b' },
    ]);
    expect(servedPeriods('b', events)).toEqual([
      { as: 'stable', fromMs: 5, toMs: null },
      { as: 'stable', fromMs: 3, toMs: 4 },
      { as: 'canary', fromMs: 2, toMs: 3 },
      { as: 'shadow', fromMs: 1, toMs: 2 },
    ]);
  });

  it('says that it does not know when what was before the history began', () => {
    expect(servedPeriods('a', [{ atMs: 7, generation: 3, before: { ...NONE, stable: 'a' }, after: { ...NONE, stable: 'b' } }])).toEqual([{ as: 'stable', fromMs: null, toMs: 7 }]);
  });

  it('holds for each write whether the release was named then', () => {
    const state = fc.record({ stable: fc.constantFrom('a', 'b', null), canary: fc.constantFrom('a', 'b', null), shadow: fc.constantFrom('a', 'b', null) });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 30 }), (states) => {
        const periods = servedPeriods('a', history(states));
        states.forEach((named, at) => {
          for (const as of ['stable', 'canary', 'shadow'] as const) {
            const isIn = periods.some((period) => period.as === as && (period.fromMs ?? 0) <= at && (period.toMs ?? Infinity) > at);
            expect(isIn).toBe(named[as] === 'a');
          }
        });
      }),
    );
  });
});
