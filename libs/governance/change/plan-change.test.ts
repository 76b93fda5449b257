import { describe, expect, it } from 'vitest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ChangePayload } from './change-payload.ts';
import { planChange, type PlanFacts } from './plan-change.ts';
import { REPLACE, sampleFacts, sampleManifest, sha } from './testing/sample-case.ts';

const AT_ONCE = { kind: 'at-once' } as const;
const named = (releaseId: string, manifest = sampleManifest()): PlanFacts['release'] => ({ releaseId, model: 'toy', manifest });

describe('what a change would write', () => {
  it('is the release with the expert replaced, and stands on the release and the version before', () => {
    const after = sampleManifest(undefined, [sha('2'), sha('4')]);
    expect(planChange(REPLACE, sampleFacts())).toMatchObject({
      planned: true,
      base: { stable: releaseIdOf(sampleManifest()), 'expert/0/1': sha('3') },
      effect: { kind: 'release', releaseId: releaseIdOf(after) },
      manifest: after,
    });
  });

  it('is the release with other routing settings or routers', () => {
    const settings = planChange({ type: 'change-routing-settings', model: 'toy', settings: { topK: 2 }, strategy: AT_ONCE }, sampleFacts());
    expect(settings).toMatchObject({ planned: true, base: { 'routing.topK': 1 }, manifest: sampleManifest(undefined, undefined, 2) });
    expect(planChange({ type: 'change-router', model: 'toy', replace: [{ component: 'router/0', sha256: sha('5') }], strategy: AT_ONCE }, sampleFacts())).toMatchObject({ manifest: sampleManifest(sha('5')) });
  });

  it('adds experts only with a release that has more of them and is otherwise of the same shape', () => {
    const bigger = sampleManifest(undefined, [sha('2'), sha('3'), sha('4')]);
    const add = { type: 'add-expert', model: 'toy', releaseId: releaseIdOf(bigger), strategy: AT_ONCE } as const;
    expect(planChange(add, sampleFacts(undefined, { release: named(releaseIdOf(bigger), bigger) }))).toMatchObject({ planned: true, base: { 'shape.experts': 2, 'expert/0/2': null } });
    const same = sampleManifest(sha('5'));
    expect(planChange(add, sampleFacts(undefined, { release: named(releaseIdOf(same), same) }))).toMatchObject({ reason: 'not-more-experts' });
    const other = { ...bigger, shape: { ...bigger.shape, contextTokens: 64 } };
    expect(planChange(add, sampleFacts(undefined, { release: named(releaseIdOf(other), other) }))).toMatchObject({ reason: 'other-than-experts' });
  });

  it('retires an expert by a data rule that keeps everyone from its version', () => {
    const plan = planChange({ type: 'retire-expert', model: 'toy', experts: ['expert/0/1'] }, sampleFacts());
    expect(plan).toMatchObject({ planned: true, base: { dataRulesGeneration: 1 }, effect: { kind: 'data-rules', rules: [{ expert: `sha256:${sha('3')}`, effect: 'deny' }] } });
    expect(plan.planned && plan.warnings[0]).toContain('keeps its expert from every request');
    const rules = plan.planned && plan.effect.kind === 'data-rules' ? plan.effect.rules : [];
    const again = sampleFacts(undefined, { dataRules: { generation: 2, rules } });
    expect(planChange({ type: 'retire-expert', model: 'toy', experts: ['expert/0/1'] }, again)).toMatchObject({ reason: 'already-retired' });
    expect(planChange({ type: 'retire-expert', model: 'toy', experts: ['expert/0/0'] }, again)).toMatchObject({ reason: 'no-expert-left' });
  });

  it('takes no rollout plan that is wrong', () => {
    const plan = { steps: [], guards: [], falseRollbackRate: 0.05, onNoData: 'pause', stickyBy: 'key', scope: { segment: null, routeSlice: null }, shadowShare: 0 } as const;
    expect(planChange({ ...REPLACE, strategy: { kind: 'rollout', plan } } as ChangePayload, sampleFacts())).toMatchObject({ reason: 'invalid-rollout-plan', field: 'strategy.plan.steps' });
  });

  it.each<[string, ChangePayload, Partial<PlanFacts>, string, string]>([
    ['an expert where a router is meant', { ...REPLACE, replace: [{ component: 'router/0', sha256: sha('4') }] } as ChangePayload, {}, 'component-not-an-expert', 'replace.0.component'],
    ['an unknown version', { ...REPLACE, replace: [{ component: 'expert/0/1', sha256: sha('9') }] } as ChangePayload, {}, 'unknown-component-version', 'replace.0.sha256'],
    ['a router in the place of an expert', { ...REPLACE, replace: [{ component: 'expert/0/1', sha256: sha('5') }] } as ChangePayload, {}, 'component-of-another-kind', 'replace.0.sha256'],
    ['a recalled version', { ...REPLACE, replace: [{ component: 'expert/0/1', sha256: sha('6') }] } as ChangePayload, {}, 'component-recalled', 'replace.0.sha256'],
    ['a layer that is not there', { ...REPLACE, replace: [{ component: 'expert/7/1', sha256: sha('4') }] } as ChangePayload, {}, 'unknown-component', 'replace.expert/7/1'],
    ['one component twice', { ...REPLACE, replace: [{ component: 'expert/0/1', sha256: sha('4') }, { component: 'expert/0/1', sha256: sha('4') }] } as ChangePayload, {}, 'named-twice', 'replace.1.component'],
    ['a setting of a later engine', { type: 'change-routing-settings', model: 'toy', settings: { speculation: 1.25 }, strategy: AT_ONCE }, {}, 'not-supported-yet', 'settings.speculation'],
    ['too many experts for each token', { type: 'change-routing-settings', model: 'toy', settings: { topK: 3 }, strategy: AT_ONCE }, {}, 'not-composable', 'routing.topK'],
    ['no change at all', { type: 'change-routing-settings', model: 'toy', settings: { topK: 1 }, strategy: AT_ONCE }, {}, 'changes-nothing', ''],
    ['a model that does not serve', REPLACE, { stable: null }, 'no-stable-release', 'model'],
    ['a release of another model', { type: 'activate', model: 'toy', releaseId: sha('a'), strategy: AT_ONCE }, { release: { releaseId: sha('a'), model: 'other', manifest: sampleManifest() } }, 'release-of-another-model', 'releaseId'],
    ['a recall that was done', { type: 'recall', model: 'toy', sha256: sha('6'), reason: 'x' }, {}, 'changes-nothing', 'sha256'],
    ['the mode that holds', { type: 'set-governance', model: 'toy', mode: 'required' }, {}, 'changes-nothing', 'mode'],
    ['the rules that hold', { type: 'change-data-rules', model: 'toy', rules: [] }, {}, 'changes-nothing', 'rules'],
  ])('refuses %s', (_, payload, facts, reason, field) => {
    expect(planChange(payload, sampleFacts(undefined, facts))).toMatchObject({ planned: false, reason, field });
  });
});
