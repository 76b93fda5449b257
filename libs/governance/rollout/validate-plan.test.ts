import { describe, expect, it } from 'vitest';
import { type Guard, type RolloutPlan } from './plan.ts';
import { ERROR_GUARD, samplePlan, sampleStep } from './testing/sample-plan.ts';
import { validatePlan } from './validate-plan.ts';

const SHADOW_GUARD: Guard = { kind: 'output-divergence', measure: 'argmax-disagreement', margin: 0.1 };
const LATENCY: Guard = { kind: 'latency', measure: 'duration', quantile: 0.95, margin: 0.05 };

describe('validatePlan', () => {
  it('finds nothing in a good plan', () => {
    expect(validatePlan(samplePlan())).toEqual([]);
    const steps = [sampleStep({ share: 0 }), sampleStep({ share: 0.05, minTokensPerChangedExpert: 100 }), sampleStep({ share: 0.5 })];
    expect(validatePlan(samplePlan({ steps, shadowShare: 0.5, guards: [ERROR_GUARD, SHADOW_GUARD, LATENCY] }))).toEqual([]);
  });

  it.each<[string, Partial<RolloutPlan>]>([
    ['steps', { steps: [] }],
    ['steps.0.share', { steps: [sampleStep({ share: 1 })] }],
    ['steps.0.share', { steps: [sampleStep({ share: Number.NaN })] }],
    ['steps.1.share', { steps: [sampleStep({ share: 0.2 }), sampleStep({ share: 0.1 })] }],
    ['steps.0.share', { steps: [sampleStep({ share: 0 })] }],
    ['steps.0.maxMs', { steps: [sampleStep({ bakeMs: 10, maxMs: 9 })] }],
    ['steps.0.minRequests', { steps: [sampleStep({ minRequests: 0 })] }],
    ['steps.0.minTokensPerChangedExpert', { steps: [sampleStep({ share: 0, minTokensPerChangedExpert: 5 }), sampleStep()], shadowShare: 1, guards: [SHADOW_GUARD] }],
    ['guards', { guards: [] }],
    ['guards', { steps: [sampleStep({ share: 0 }), sampleStep()], shadowShare: 1 }],
    ['guards.1', { guards: [ERROR_GUARD, { ...ERROR_GUARD, margin: 0.1 }] }],
    ['guards.0.margin', { guards: [{ ...ERROR_GUARD, margin: 0 }] }],
    ['guards.0.weight', { guards: [{ ...ERROR_GUARD, weight: 0 }] }],
    ['guards.0.passBelow', { guards: [{ ...ERROR_GUARD, margin: 0.1, passBelow: 0.05 }] }],
    ['guards.0.passBelow', { guards: [{ kind: 'routing-divergence', source: 'usage', margin: 0.1, passBelow: 0.2 }] }],
    ['guards.0.quantile', { guards: [{ ...LATENCY, quantile: 1 }] }],
    ['guards.0.kind', { guards: [SHADOW_GUARD] }],
    ['guards.0.kind', { scope: { segment: null, routeSlice: { experts: ['expert/0/1'], minShare: 0.1 } } }],
    ['falseRollbackRate', { falseRollbackRate: 0 }],
    ['shadowShare', { shadowShare: 1.5 }],
    ['watch.maxMs', { watch: { bakeMs: 10, minRequests: 1, maxMs: 9 } }],
    ['watch.minRequests', { watch: { bakeMs: 10, minRequests: 0, maxMs: 10 } }],
    ['watch', { watch: { bakeMs: 10, minRequests: 1, maxMs: 10 }, guards: [{ kind: 'drop-rate', margin: 0.1 }] }],
  ])('names %s', (field, fields) => {
    const errors = validatePlan(samplePlan(fields));
    expect(errors.map((error) => error.field)).toContain(field);
    for (const { remedy } of errors) expect(remedy).toMatch(/^(give|remove|leave) /);
  });
});
