import { expect, it } from 'vitest';
import { type AlertRule } from '../../api/gen/types.gen.ts';
import { draftOfRule, fixedLabels, newRule, ruleOfDraft } from './rule-draft.ts';

const RULE: AlertRule = {
  id: 'r', name: 'Router', signal: 'router-shift', matchers: [{ label: 'layer', is: 'one-of', values: ['2', '3'] }], limits: [{ severity: 'critical', is: 'above', limit: 0.01, by: 'interval' }],
  timing: { forMs: 0, keepFiringForMs: 300_000, noDataAfterMs: 604_800_000 }, labels: { team: 'moe' }, annotations: { runbook: 'a\nb' }, actions: [{ kind: 'abort-canary' }], enabled: false, generation: 3, updatedBy: 'ada', updatedAt: '2026-01-01T00:00:00Z',
};

it('comes back as it was', () => {
  const { id: _id, generation: _generation, updatedBy: _by, updatedAt: _at, ...edit } = RULE;
  expect(ruleOfDraft(draftOfRule(RULE))).toEqual(edit);
});

it('asks nothing of the server while a number or duration cannot be read', () => {
  const draft = draftOfRule(RULE);
  expect(ruleOfDraft({ ...draft, limits: [{ ...draft.limits[0]!, limit: 'x' }] })).toBeNull();
  expect(ruleOfDraft({ ...draft, forText: 'soon' })).toBeNull();
  expect(ruleOfDraft(newRule('collapse', 'below'))).toBeNull();
});

it('knows the labels that all its readings carry', () => {
  expect(fixedLabels([{ label: 'model', is: 'equal', text: 'm' }, { label: 'layer', is: 'one-of', text: '2' }, { label: 'task', is: 'equal', text: '' }])).toEqual({ model: 'm' });
});
