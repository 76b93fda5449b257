import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { decideStep, type StepFigures } from '#libs/governance/rollout/decide-step';
import { stepAt, stepCount } from '#libs/governance/rollout/plan';
import { type Rollout } from '#libs/governance/rollout/rollout';
import { type StoredStep, type StoredVerdict } from '#libs/store/rollouts/rollout-history';
import { progressOf } from './rollout-runner.ts';

type RolloutBody = RouteOutput<typeof ROUTES.getRollout>;
type SummaryBody = RouteOutput<typeof ROUTES.listRollouts>['items'][number];
type VerdictBody = RouteOutput<typeof ROUTES.listRolloutVerdicts>['items'][number];
type FiguresBody = VerdictBody['figures'];

export function summaryBody({ id, model, candidate, stable, state, reason, step, plan, changeId, startedBy, createdAtMs, updatedAtMs, endedAtMs }: Rollout): SummaryBody {
  return {
    id, model, candidate, stable, state, reason, step, changeId,
    steps: stepCount(plan),
    share: stepAt(plan, step)?.share ?? 0,
    startedBy: startedBy.name,
    createdAt: time(createdAtMs),
    updatedAt: time(updatedAtMs),
    endedAt: endedAtMs === null ? null : time(endedAtMs),
  };
}

export function rolloutBody(rollout: Rollout, steps: readonly StoredStep[], nowMs: number): RolloutBody {
  const { figures, ...verdict } = decideStep(rollout.plan, progressOf(rollout), rollout.evidence, rollout.endedAtMs ?? nowMs);
  return {
    ...summaryBody(rollout),
    plan: rollout.plan,
    changedExperts: rollout.changedExperts.map(({ name }) => name),
    stepResults: steps.map(({ step, share, state, startedAtMs, endedAtMs, figures: ended }) => ({
      step, share, state, startedAt: time(startedAtMs), endedAt: endedAtMs === null ? null : time(endedAtMs), figures: ended && figuresBody(ended),
    })),
    current: { ...verdict, figures: figuresBody(figures) },
  };
}

export function verdictBody({ id, step, atMs, verdict, reason, guard, figures }: StoredVerdict): VerdictBody {
  return { id, step, at: time(atMs), verdict, reason, guard, figures: { ...figuresBody(figures), missing: figures.missing } };
}

function figuresBody(figures: StepFigures): FiguresBody {
  return { ...figures, expertTokens: { ...figures.expertTokens }, guards: [...figures.guards] };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
