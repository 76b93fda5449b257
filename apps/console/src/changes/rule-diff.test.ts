import { describe, expect, it } from 'vitest';
import { diffRules, ruleText } from './rule-diff.ts';

const bank = { id: 'bank', expert: 'expert/2/5', effect: 'allow-only', tenants: ['bank', 'insurer'], regions: ['eu'] } as const;
const rule = { ...bank, tenants: [...bank.tenants], regions: [...bank.regions] };

describe('ruleText', () => {
  it('says which requests an expert serves', () => {
    expect(ruleText(rule)).toBe('expert/2/5 serves only requests of tenant bank or insurer, region eu');
    expect(ruleText({ id: 'none', expert: 'sha256:ab', effect: 'deny', note: 'retired' })).toBe('sha256:ab never serves all requests (retired)');
  });
});

describe('diffRules', () => {
  it('tells added, removed and changed rules, whatever their order', () => {
    const other = { ...rule, id: 'other' };
    expect(diffRules([rule, other], [other, { ...rule, regions: ['us'] }, { ...rule, id: 'new' }]).map(({ id, kind }) => [id, kind])).toEqual([['bank', 'changed'], ['new', 'added']]);
    expect(diffRules([rule, other], [rule])).toMatchObject([{ id: 'other', kind: 'removed', after: null }]);
    expect(diffRules([rule], [rule])).toEqual([]);
  });
});
