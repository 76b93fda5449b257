import { describe, expect, it } from 'vitest';
import { decideRung, DEFAULT_LADDER, type LadderFacts, type Rung } from './rung.ts';

const ALL_LEFT: LadderFacts = { lost: true, selectedLeft: true, anyLeft: true, generalistLeft: true };

describe('decideRung', () => {
  it.each<[string, readonly Rung[], Partial<LadderFacts>, string, string]>([
    ['nothing is lost', DEFAULT_LADDER, { lost: false }, 'whole', 'all-available'],
    ['selected experts are left', DEFAULT_LADDER, {}, 'renormalise', 'selected-experts-left'],
    ['others are left', DEFAULT_LADDER, { selectedLeft: false }, 'next-best', 'other-experts-left'],
    ['nobody is left', DEFAULT_LADDER, { selectedLeft: false, anyLeft: false, generalistLeft: false }, 'dense', 'no-rung-can-serve'],
    ['the generalist comes first', ['generalist', 'renormalise'], {}, 'generalist', 'generalist-left'],
    ['the generalist is lost too', ['generalist', 'renormalise'], { generalistLeft: false }, 'renormalise', 'selected-experts-left'],
    ['dense comes first', ['dense', 'renormalise'], {}, 'dense', 'ladder-ends-dense'],
    ['dense comes last', ['renormalise', 'dense'], { selectedLeft: false }, 'dense', 'ladder-ends-dense'],
    ['the ladder is empty', [], {}, 'dense', 'no-rung-can-serve'],
  ])('%s', (_, rungs, facts, rung, reason) => {
    expect(decideRung(rungs, { ...ALL_LEFT, ...facts })).toEqual({ rung, reason });
  });
});
