import { describe, expect, it } from 'vitest';
import { decideStep, type RolloutProgress, type StepVerdict } from './decide-step.ts';
import { beginStep, type EvidenceBatch, type LayerCounts, type RequestOutcome, type RolloutEvidence, startEvidence } from './evidence.ts';
import { type Guard, type RolloutPlan } from './plan.ts';
import { takeIn } from './take-in.ts';
import { ERROR_GUARD, samplePlan, sampleStep } from './testing/sample-plan.ts';

const EXPERTS = [{ name: 'expert/0/1', layer: 0, index: 1 }, { name: 'expert/1/0', layer: 1, index: 0 }];
const request = (side: RequestOutcome['side'], fields: Partial<RequestOutcome> = {}): RequestOutcome => ({ side, status: 'answered', durationMs: 100, timeToFirstTokenMs: 20, completionTokens: 10, ...fields });
const batch = (fields: Partial<EvidenceBatch>): EvidenceBatch => ({ requests: [], shadows: [], feedback: [], usage: null, ...fields });
const begun = (plan: RolloutPlan): RolloutEvidence => beginStep(startEvidence(plan, 2));
const progress = (fields: Partial<RolloutProgress> = {}): RolloutProgress => ({ step: 0, stepStartedAtMs: 0, paused: false, changedExperts: EXPERTS, ...fields });
const pairs = (count: number, candidate: Partial<RequestOutcome> = {}, stable: Partial<RequestOutcome> = {}): RequestOutcome[] =>
  Array.from({ length: count }, () => [request('candidate', candidate), request('stable', stable)]).flat();

function verdictOf(plan: RolloutPlan, fed: Partial<EvidenceBatch>[], nowMs: number, at = progress()): StepVerdict {
  const evidence = fed.reduce((before, fields) => takeIn(plan, at.changedExperts, before, batch(fields)), begun(plan));
  return decideStep(plan, at, evidence, nowMs);
}

const layer = (load: readonly number[]): LayerCounts => ({ requests: load.reduce((a, b) => a + b, 0), droppedSelections: 0, load });
const NONE = { candidate: [layer([0, 0]), layer([0, 0])], stable: [layer([0, 0]), layer([0, 0])] };

describe('decideStep', () => {
  it('waits while it bakes, then goes on, and completes after the last step', () => {
    const plan = samplePlan({ steps: [sampleStep(), sampleStep({ share: 0.5 })] });
    const good = [{ requests: pairs(50) }];
    expect(verdictOf(plan, good, 999)).toMatchObject({ verdict: 'wait', reason: 'baking', guard: null });
    expect(verdictOf(plan, good, 1000)).toMatchObject({ verdict: 'continue', reason: 'all-guards-passed' });
    expect(verdictOf(plan, good, 1000, progress({ step: 1 }))).toMatchObject({ verdict: 'complete' });
  });

  it('fails by the guard that is over its limit, with its figures, also while it bakes or is paused', () => {
    const failing = [{ requests: pairs(200, { status: 'failed' }) }];
    for (const paused of [false, true]) {
      const verdict = verdictOf(samplePlan(), failing, 0, progress({ paused }));
      expect(verdict).toMatchObject({ verdict: 'fail', reason: 'guard-failed', guard: 'error-rate' });
      const [guard] = verdict.figures.guards;
      expect(guard).toMatchObject({ candidate: 1, stable: 0, effect: 1, margin: 0.005, failsAt: 20, observations: 200 });
      expect(guard!.peakEValue).toBeGreaterThan(guard!.failsAt);
      expect(guard!.interval!.low).toBeGreaterThan(0.5);
    }
  });

  it('names the guard that is furthest over its limit, by its share of the error budget', () => {
    const guards: Guard[] = [ERROR_GUARD, { kind: 'latency', measure: 'duration', quantile: 0.95, margin: 0.05, weight: 4 }];
    const warm = Array.from({ length: 40 }, () => request('stable'));
    const verdict = verdictOf(samplePlan({ guards }), [{ requests: [...warm, ...pairs(300, { durationMs: 900 })] }], 0);
    expect(verdict).toMatchObject({ verdict: 'fail', guard: 'latency/duration/p95' });
    expect(verdict.figures.guards.map(({ failsAt }) => Math.round(failsAt))).toEqual([100, 25]);
  });

  it('does not blame a candidate for what meets the stable release too, nor for those who hang up', () => {
    const incident = [{ requests: pairs(300, { status: 'failed' }, { status: 'failed' }) }];
    expect(verdictOf(samplePlan(), incident, 1000)).toMatchObject({ verdict: 'complete' });
    const cancelled = [{ requests: [...pairs(30), ...pairs(300, { status: 'cancelled' })] }];
    expect(verdictOf(samplePlan(), cancelled, 1000)).toMatchObject({ verdict: 'complete' });
  });

  it('waits for the requests it asks for, and pauses when they do not come', () => {
    const few = [{ requests: pairs(9) }];
    expect(verdictOf(samplePlan(), few, 1000)).toMatchObject({ verdict: 'wait', reason: 'too-few-requests', missing: '9 of 10 requests' });
    expect(verdictOf(samplePlan(), few, 5000)).toMatchObject({ verdict: 'pause', reason: 'inconclusive', missing: '9 of 10 requests' });
  });

  it('pauses without data, or fails where the plan says so', () => {
    expect(verdictOf(samplePlan(), [], 5000)).toMatchObject({ verdict: 'pause', reason: 'no-data' });
    expect(verdictOf(samplePlan({ onNoData: 'fail' }), [], 5000)).toMatchObject({ verdict: 'fail', reason: 'no-data', guard: null });
    expect(verdictOf(samplePlan({ onNoData: 'fail' }), [{ requests: pairs(9) }], 5000)).toMatchObject({ verdict: 'pause', reason: 'inconclusive' });
  });

  it('pauses with the name of a changed expert that the traffic never reaches, and does not pass', () => {
    const plan = samplePlan({ steps: [sampleStep({ minTokensPerChangedExpert: 100 })] });
    const usage = { candidate: [layer([10, 400]), layer([0, 410])], stable: [layer([300, 300]), layer([300, 300])] };
    const fed = [{ usage: NONE }, { requests: pairs(50), usage }];
    expect(verdictOf(plan, fed, 1000)).toMatchObject({ verdict: 'wait', reason: 'expert-not-reached', missing: 'expert/1/0 took no token' });
    expect(verdictOf(plan, fed, 5000)).toMatchObject({ verdict: 'pause', reason: 'expert-not-reached', missing: 'expert/1/0 took no token', figures: { expertTokens: { 'expert/0/1': 400, 'expert/1/0': 0 } } });
    const some = { ...usage, candidate: [layer([10, 400]), layer([99, 311])] };
    expect(verdictOf(plan, [{ usage: NONE }, { requests: pairs(50), usage: some }], 1000)).toMatchObject({ reason: 'too-few-expert-tokens', missing: 'expert/1/0 took 99 of 100 tokens' });
    const enough = { ...usage, candidate: [layer([10, 400]), layer([100, 310])] };
    expect(verdictOf(plan, [{ usage: NONE }, { requests: pairs(50), usage: enough }], 1000)).toMatchObject({ verdict: 'complete' });
  });

  it('counts requests and tokens of the step alone', () => {
    const plan = samplePlan({ steps: [sampleStep(), sampleStep({ share: 0.5, minTokensPerChangedExpert: 50 })] });
    const usage = { ...NONE, candidate: [layer([0, 400]), layer([400, 0])] };
    const first = takeIn(plan, EXPERTS, takeIn(plan, EXPERTS, begun(plan), batch({ usage: NONE })), batch({ requests: pairs(50), usage }));
    const second = beginStep(first);
    expect(decideStep(plan, progress({ step: 1 }), second, 1000)).toMatchObject({ reason: 'too-few-requests', figures: { candidateRequests: 0 } });
    const after = takeIn(plan, EXPERTS, second, batch({ requests: pairs(20), usage: { ...usage, candidate: [layer([0, 460]), layer([450, 10])] } }));
    expect(decideStep(plan, progress({ step: 1 }), after, 1000)).toMatchObject({ verdict: 'complete', figures: { candidateRequests: 20, expertTokens: { 'expert/0/1': 60, 'expert/1/0': 50 } } });
  });

  it('does not pass a guard that saw nothing', () => {
    const plan = samplePlan({ guards: [ERROR_GUARD, { kind: 'feedback', margin: 0.05 }] });
    expect(verdictOf(plan, [{ requests: pairs(50) }], 5000)).toMatchObject({ verdict: 'pause', reason: 'no-data', guard: 'feedback', missing: '0 of 5 observations for feedback' });
  });

  it('waits for proof of no harm where the plan asks for it', () => {
    const plan = samplePlan({ guards: [{ ...ERROR_GUARD, passBelow: 0.1 }] });
    expect(verdictOf(plan, [{ requests: pairs(30) }], 1000)).toMatchObject({ verdict: 'wait', reason: 'interval-too-wide', guard: 'error-rate' });
    expect(verdictOf(plan, [{ requests: pairs(30) }], 5000)).toMatchObject({ verdict: 'pause', reason: 'inconclusive', guard: 'error-rate' });
    expect(verdictOf(plan, [{ requests: pairs(400) }], 1000)).toMatchObject({ verdict: 'complete' });
  });

  it('takes a lower score for harm', () => {
    const plan = samplePlan({ guards: [{ kind: 'feedback', margin: 0.05 }] });
    const scores = (candidate: number, stable: number) => Array.from({ length: 60 }, () => [{ side: 'candidate', score: candidate } as const, { side: 'stable', score: stable } as const]).flat();
    expect(verdictOf(plan, [{ requests: pairs(20), feedback: scores(0.2, 0.9) }], 0)).toMatchObject({ verdict: 'fail', guard: 'feedback' });
    expect(verdictOf(plan, [{ requests: pairs(20), feedback: scores(0.9, 0.2) }], 1000)).toMatchObject({ verdict: 'complete' });
  });

  it('watches a shadow before anything is answered by the candidate', () => {
    const guards: Guard[] = [ERROR_GUARD, { kind: 'output-divergence', measure: 'argmax-disagreement', margin: 0.1 }, { kind: 'routing-divergence', source: 'shadow', margin: 0.1 }];
    const plan = samplePlan({ guards, shadowShare: 1, steps: [sampleStep({ share: 0, minRequests: 20 }), sampleStep()] });
    const shadows = (argmaxDisagreement: number, last: number) => Array.from({ length: 80 }, () => ({ argmaxDisagreement, meanKlBits: 0.1, meanLogLikelihoodDifference: 0, decisionDisagreement: [0, last] }));
    expect(verdictOf(plan, [{ shadows: shadows(0.05, 0.05) }], 1000)).toMatchObject({ verdict: 'continue', figures: { comparedRequests: 80 } });
    expect(verdictOf(plan, [{ shadows: shadows(0.9, 0.05) }], 0)).toMatchObject({ verdict: 'fail', guard: 'output-divergence/argmax-disagreement' });
    const routing = verdictOf(plan, [{ shadows: shadows(0.05, 0.6) }], 0);
    expect(routing).toMatchObject({ verdict: 'fail', guard: 'routing-divergence/shadow' });
    expect(routing.figures.guards[2]).toMatchObject({ layer: 1, effect: expect.closeTo(0.6, 6) });
  });

  it('sees dropped selections and another use of experts in what usage adds up to', () => {
    const guards: Guard[] = [{ kind: 'drop-rate', margin: 0.01 }, { kind: 'routing-divergence', source: 'usage', margin: 0.01 }];
    const counts = (load: readonly number[], droppedSelections = 0): LayerCounts => ({ requests: load.reduce((a, b) => a + b, 0) / 10, droppedSelections, load });
    const sums = (looks: number, candidate: readonly number[], dropped: number) => Array.from({ length: looks }, (_, n) => ({
      requests: pairs(1),
      usage: {
        candidate: [counts(candidate.map((x) => x * n), dropped * n), counts([50 * n, 50 * n])],
        stable: [counts([60 * n, 40 * n]), counts([50 * n, 50 * n])],
      },
    }));
    expect(verdictOf(samplePlan({ guards }), sums(200, [60, 40], 0), 1000)).toMatchObject({ verdict: 'complete' });
    const moved = verdictOf(samplePlan({ guards }), sums(200, [10, 90], 0), 0);
    expect(moved).toMatchObject({ verdict: 'fail', guard: 'routing-divergence/usage' });
    expect(moved.figures.guards[1]).toMatchObject({ unit: 'bits', layer: 0 });
    expect(moved.figures.guards[1]!.effect).toBeCloseTo(0.21409496135351613, 10);
    expect(verdictOf(samplePlan({ guards }), sums(200, [60, 40], 50), 0)).toMatchObject({ verdict: 'fail', guard: 'drop-rate' });
  });

  it('watches the promoted candidate against what was seen of the stable release before', () => {
    const plan = samplePlan({ guards: [ERROR_GUARD, { kind: 'latency', measure: 'duration', quantile: 0.9, margin: 0.05 }], watch: { bakeMs: 1000, minRequests: 50, maxMs: 5000 } });
    const watching = progress({ step: 1, changedExperts: [] });
    const before = takeIn(plan, [], begun(plan), batch({ requests: pairs(600) }));
    expect(decideStep(plan, progress(), before, 1000)).toMatchObject({ verdict: 'continue' });
    const after = beginStep(before, true);
    const alone = (count: number, fields: Partial<RequestOutcome>): RequestOutcome[] => Array.from({ length: count }, () => request('candidate', fields));
    const see = (requests: RequestOutcome[], nowMs: number) => decideStep(plan, watching, takeIn(plan, [], after, batch({ requests })), nowMs);
    expect(see([], 5000)).toMatchObject({ verdict: 'pause', reason: 'no-data', figures: { share: 1 } });
    expect(see(alone(100, {}), 999)).toMatchObject({ verdict: 'wait', reason: 'baking' });
    expect(see(alone(100, {}), 1000)).toMatchObject({ verdict: 'complete' });
    expect(see(alone(100, { status: 'failed' }), 0)).toMatchObject({ verdict: 'fail', guard: 'error-rate' });
    expect(see(alone(100, { durationMs: 400 }), 0)).toMatchObject({ verdict: 'fail', guard: 'latency/duration/p90' });
    // The bound of the control has a tenth of the budget, so the guard needs more evidence.
    expect(see([], 0).figures.guards[0]!.failsAt).toBeCloseTo(40 / 0.9, 9);
  });

  it('decides the same however the evidence was cut into looks, and after being written down between them', () => {
    const plan = samplePlan({ guards: [ERROR_GUARD, { kind: 'latency', measure: 'time-per-token', quantile: 0.9, margin: 0.05 }] });
    const requests = Array.from({ length: 400 }, (_, n) => request(n % 7 === 0 ? 'candidate' : 'stable', { status: n % 31 === 0 ? 'failed' : 'answered', durationMs: 100 + ((n * 37) % 900) }));
    const whole = takeIn(plan, [], begun(plan), batch({ requests }));
    let cut = begun(plan);
    for (let first = 0; first < requests.length; first += 13) cut = JSON.parse(JSON.stringify(takeIn(plan, [], cut, batch({ requests: requests.slice(first, first + 13) })))) as RolloutEvidence;
    expect(cut).toEqual(JSON.parse(JSON.stringify(whole)));
    expect(decideStep(plan, progress(), cut, 700)).toEqual(decideStep(plan, progress(), whole, 700));
  });
});
