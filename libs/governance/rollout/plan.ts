import { type Canary, type CanaryScope } from '../activation/activation-state.ts';

/** One step of a rollout: how much the candidate gets, for how long, and how much evidence ends it. */
export interface RolloutStep {
  /** Share of the requests in scope, 0 to below 1. With 0 the candidate only runs as a shadow. */
  readonly share: number;
  /** The step lasts at least this long. */
  readonly bakeMs: number;
  /** Requests that the candidate must have answered in the step; compared requests where the share is 0. */
  readonly minRequests: number;
  /** Tokens that each expert the candidate changes must have taken in the step. */
  readonly minTokensPerChangedExpert: number;
  /** When this has gone by without enough evidence, the rollout pauses. */
  readonly maxMs: number;
}

/** What every guard has. A guard fails when the candidate is worse by more than `margin`. */
interface GuardBase {
  /** In the unit of the guard's figure. */
  readonly margin: number;
  /** Its part of the false rollback rate, against the other guards' weights; 1 unless given. */
  readonly weight?: number;
  /** Observations of a step without which the guard cannot pass; see minObservationsOf. */
  readonly minObservations?: number;
  /** A step passes only once the upper end of the effect's interval is at or below this; left out, no proof of harm is enough. */
  readonly passBelow?: number;
}

export type Guard = GuardBase &
  (
    | { /** Share of failed requests, candidate less stable. */ readonly kind: 'error-rate' }
    | {
        /** Share of requests beyond the stable release's running quantile, candidate less stable. */
        readonly kind: 'latency';
        readonly measure: 'duration' | 'time-to-first-token' | 'time-per-token';
        readonly quantile: number;
      }
    | { /** Share of selections that were dropped, candidate less stable. */ readonly kind: 'drop-rate' }
    | {
        readonly kind: 'routing-divergence';
        /**
         * `shadow`: mean share of a token's experts that the shadow did not select, 0 to 1, from requests that
         * ran on both. `usage`: Jensen-Shannon divergence of expert usage between the two, bits.
         */
        readonly source: 'shadow' | 'usage';
      }
    | {
        /** How the shadow's outputs differ on the same tokens: share, bits per token, or nats per token. */
        readonly kind: 'output-divergence';
        readonly measure: 'argmax-disagreement' | 'kl-bits' | 'log-likelihood';
      }
    | { /** Mean feedback score, stable less candidate. */ readonly kind: 'feedback' }
  );

/** How to bring a candidate to all requests of a model, and what must not happen on the way. */
export interface RolloutPlan {
  readonly model: string;
  /** Release id. */
  readonly candidate: string;
  readonly steps: readonly RolloutStep[];
  readonly guards: readonly Guard[];
  /** Chance, over the whole rollout, that a candidate within all margins is rolled back. */
  readonly falseRollbackRate: number;
  /** What happens when a step ends its time without data. */
  readonly onNoData: 'pause' | 'fail';
  readonly stickyBy: Canary['stickyBy'];
  readonly scope: CanaryScope;
  /** Share of answered requests that also run on the candidate as a shadow, for as long as the rollout; 0 for none. */
  readonly shadowShare: number;
  /** How long the candidate is watched once it answers all requests; null or left out: not at all. */
  readonly watch?: RolloutWatch | null;
}

/**
 * The time after the promotion, while a failing guard still rolls back. There is nothing to compare with
 * any more but what was seen of the stable release before, so this is sound only while traffic stays alike.
 */
export interface RolloutWatch {
  readonly bakeMs: number;
  readonly minRequests: number;
  readonly maxMs: number;
}

/** A step of a plan, the watch after the last one included; null beyond. */
export function stepAt({ steps, watch }: Pick<RolloutPlan, 'steps' | 'watch'>, index: number): RolloutStep | null {
  const step = steps[index];
  if (step) return step;
  return watch && index === steps.length ? { share: 1, minTokensPerChangedExpert: 0, ...watch } : null;
}

/** Steps of a plan, the watch included. */
export function stepCount({ steps, watch }: Pick<RolloutPlan, 'steps' | 'watch'>): number {
  return steps.length + (watch ? 1 : 0);
}

/** Whether the candidate answers all requests in a step, and is only watched. */
export function isWatch({ steps }: Pick<RolloutPlan, 'steps'>, index: number): boolean {
  return index >= steps.length;
}

/** Guards that can say something of the candidate alone, from what was seen of the stable release before. */
export function canWatch(guard: Guard): boolean {
  return guard.kind === 'error-rate' || guard.kind === 'latency' || guard.kind === 'feedback';
}

/** An expert that the candidate changes. */
export interface ChangedExpert {
  /** Component name, `expert/<layer>/<index>`. */
  readonly name: string;
  readonly layer: number;
  readonly index: number;
}

/** Guards that compare the two on the same requests, so that they need a shadow. */
export function needsShadow(guard: Guard): boolean {
  return guard.kind === 'output-divergence' || (guard.kind === 'routing-divergence' && guard.source === 'shadow');
}

const SPARSE_MIN_OBSERVATIONS = 5;
const MIN_OBSERVATIONS = 20;

/** Windows of usage and feedback come less often than requests. */
export function minObservationsOf(guard: Guard): number {
  if (guard.minObservations !== undefined) return guard.minObservations;
  return guard.kind === 'drop-rate' || guard.kind === 'feedback' || (guard.kind === 'routing-divergence' && guard.source === 'usage') ? SPARSE_MIN_OBSERVATIONS : MIN_OBSERVATIONS;
}

/**
 * Margins used where a plan gives none. A re-tuned expert may move later layers' routing and the likeliest
 * token now and then, and a router release is meant to move routing: set those margins wider for it.
 */
export const DEFAULT_MARGINS = {
  'error-rate': 0.005,
  latency: 0.05,
  'drop-rate': 0.01,
  'routing-divergence/shadow': 0.15,
  'routing-divergence/usage': 0.02,
  'output-divergence/argmax-disagreement': 0.2,
  'output-divergence/kl-bits': 0.25,
  'output-divergence/log-likelihood': 0.1,
  feedback: 0.05,
} as const;

/** What a plan gets where it says nothing. */
export const DEFAULT_FALSE_ROLLBACK_RATE = 0.05;

/** Name of a guard in verdicts: its kind, and what tells it from others of the kind. */
export function guardName(guard: Guard): string {
  if (guard.kind === 'latency') return `latency/${guard.measure}/p${Number((guard.quantile * 100).toFixed(4))}`;
  if (guard.kind === 'routing-divergence') return `routing-divergence/${guard.source}`;
  return guard.kind === 'output-divergence' ? `output-divergence/${guard.measure}` : guard.kind;
}
