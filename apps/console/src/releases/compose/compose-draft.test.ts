import { describe, expect, it } from 'vitest';
import { Problem } from '../../api/problem.ts';
import { type ComposeDraft, draftOf, orderOf, parseCompose, searchOf, withExchange } from './compose-draft.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const EMPTY: ComposeDraft = { base: A, exchanges: [], routersFrom: '', expertsFrom: '', gating: '', topK: '', normalise: '', settings: '' };
const FULL: ComposeDraft = { base: A, exchanges: [{ component: 'expert/3/5', sha256: B }, { component: 'router/0', sha256: C }], routersFrom: B, expertsFrom: C, gating: 'switch-top1', topK: '1', normalise: 'false', settings: '{"scale": 2}' };

describe('the address of a composition', () => {
  it.each([EMPTY, FULL])('holds all of it', (draft) => {
    expect(draftOf(parseCompose(searchOf(draft)), '')).toEqual(draft);
  });

  it('drops what it does not know, and takes numbers as the router reads them', () => {
    expect(parseCompose({ base: 'x', replace: `expert/1/2:${A},expert/1:${A},expert/1/3:zz`, gating: 'best', topK: 3, normalise: true, routersFrom: 7 })).toEqual({ replace: `expert/1/2:${A}`, topK: '3', normalise: 'true' });
  });
});

describe('the order', () => {
  it('says nothing of what stays', () => {
    expect(orderOf(EMPTY)).toEqual({ base: A });
  });

  it('holds what is filled in', () => {
    expect(orderOf(FULL)).toEqual({ base: A, replace: { 'expert/3/5': B, 'router/0': C }, routersFrom: B, expertsFrom: C, routing: { scale: 2, gating: 'switch-top1', topK: 1, normalise: false } });
  });

  it.each(['{', '[1]', '3', 'null'])('refuses %s as settings, by the field', (settings) => {
    expect(() => orderOf({ ...EMPTY, settings })).toThrow(Problem);
    expect(() => orderOf({ ...EMPTY, settings })).toThrow(expect.objectContaining({ field: 'routing' }) as Error);
  });
});

it('exchanges a component once', () => {
  expect(withExchange(FULL.exchanges, { component: 'expert/3/5', sha256: C })).toEqual([{ component: 'router/0', sha256: C }, { component: 'expert/3/5', sha256: C }]);
});
