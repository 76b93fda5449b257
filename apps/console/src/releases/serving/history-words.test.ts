import { describe, expect, it } from 'vitest';
import { type ActivationState } from '../../api/gen/types.gen.ts';
import { changesOf } from './history-words.ts';
import { scopeInWords } from './scope-words.ts';

const [A, B] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
const state: ActivationState = { releaseId: A, previousRelease: null, canary: null, shadow: null, generation: 1 };
const canary: NonNullable<ActivationState['canary']> = { releaseId: B, share: 0.05, stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: 's' };

describe('what a write changed', () => {
  it.each([
    ['the first activation', null, state, ['stable: none → aaaaaaaaaa']],
    ['a canary', state, { ...state, canary }, ['canary bbbbbbbbbb at 5%, by key']],
    ['its share', { ...state, canary }, { ...state, canary: { ...canary, share: 0.25 } }, ['canary bbbbbbbbbb: 5% → 25%']],
    ['its promotion', { ...state, canary }, { ...state, releaseId: B, previousRelease: A }, ['stable: aaaaaaaaaa → bbbbbbbbbb', 'canary bbbbbbbbbb ended at 5%', 'way back: aaaaaaaaaa']],
    ['a shadow', state, { ...state, shadow: { releaseId: B, share: 0.1 } }, ['shadow bbbbbbbbbb on 10% of the answers']],
    ['a stop', state, null, ['the model was stopped; aaaaaaaaaa answers no longer']],
    ['nothing', state, { ...state, generation: 2 }, []],
  ] as const)('%s', (_, before, after, lines) => expect(changesOf({ before, after })).toEqual(lines));
});

it('tells the requests that a canary is drawn from', () => {
  expect(scopeInWords({ segment: null, routeSlice: null })).toBe('all requests');
  expect(scopeInWords({ segment: { task: 'law', tenant: '' }, routeSlice: { experts: ['expert/3/5'], minShare: 0.3 } })).toBe('the requests with task law of which at least 30% of the prompt goes to expert/3/5');
});
