import { decideStep, type StepVerdict } from '../decide-step.ts';
import { beginStep, type EvidenceBatch, startEvidence } from '../evidence.ts';
import { type RolloutPlan } from '../plan.ts';
import { takeIn } from '../take-in.ts';
import { sampleStep, samplePlan } from './sample-plan.ts';
import { type Harm, SimulatedTraffic } from './simulated-traffic.ts';

const TICK_MS = 2000;
/** Looks in each step. */
export const STEP_TICKS = 150;
export const SIMULATED_SHARES = [0.05, 0.2, 0.5];

/** A plan with every kind of guard that does not need a drop to happen. */
export const SIMULATED_PLAN: RolloutPlan = samplePlan({
  steps: SIMULATED_SHARES.map((share) => sampleStep({ share, bakeMs: STEP_TICKS * TICK_MS, minRequests: 20, maxMs: 2 * STEP_TICKS * TICK_MS })),
  guards: [
    { kind: 'error-rate', margin: 0.005 },
    { kind: 'latency', measure: 'duration', quantile: 0.95, margin: 0.05 },
    { kind: 'output-divergence', measure: 'argmax-disagreement', margin: 0.1 },
    { kind: 'routing-divergence', source: 'usage', margin: 0.01 },
    { kind: 'feedback', margin: 0.05 },
  ],
  shadowShare: 0.2,
});

export interface SimulatedOutcome {
  readonly verdict: StepVerdict;
  readonly ticks: number;
  /** Requests that the candidate answered until then. */
  readonly exposed: number;
}

/** Runs a rollout over simulated traffic, looking at every tick, until it ends or pauses. */
export function simulateRollout(seed: number, harm: Harm, plan = SIMULATED_PLAN, also: (share: number, step: number, batch: EvidenceBatch) => void = () => undefined): SimulatedOutcome {
  const traffic = new SimulatedTraffic(seed, harm);
  let evidence = beginStep(startEvidence(plan, 2));
  let step = 0;
  let stepStartedAtMs = 0;
  for (let tick = 1; ; tick += 1) {
    const share = plan.steps[step]!.share;
    const batch = traffic.next(share);
    also(share, step, batch);
    evidence = takeIn(plan, [], evidence, batch);
    const verdict = decideStep(plan, { step, stepStartedAtMs, paused: false, changedExperts: [] }, evidence, tick * TICK_MS);
    if (verdict.verdict === 'continue') {
      evidence = beginStep(evidence);
      step += 1;
      stepStartedAtMs = tick * TICK_MS;
    } else if (verdict.verdict !== 'wait') return { verdict, ticks: tick, exposed: evidence.totals.candidate.requests };
  }
}
