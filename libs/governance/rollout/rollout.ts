import { type GateCause } from '../change/activation-gate.ts';
import { type RolloutEvidence } from './evidence.ts';
import { type ChangedExpert, type RolloutPlan } from './plan.ts';

export type RolloutState = 'running' | 'paused' | 'completed' | 'failed' | 'aborted' | 'superseded';

/** A rollout, under way or past. Times are epoch milliseconds. */
export interface Rollout {
  readonly id: string;
  readonly model: string;
  /** Release that is to answer. */
  readonly candidate: string;
  /** Release that answered as the rollout began, and to which a failure goes back. */
  readonly stable: string;
  readonly plan: RolloutPlan;
  readonly cause: GateCause;
  /** The approved change that started it. */
  readonly changeId: string | null;
  readonly startedBy: { readonly accountId: string; readonly name: string };
  readonly state: RolloutState;
  /** Why it is in that state: a StepReason, a ForeignChange, or what was done by hand. */
  readonly reason: string;
  readonly step: number;
  readonly stepStartedAtMs: number;
  readonly changedExperts: readonly ChangedExpert[];
  readonly evidence: RolloutEvidence;
  /** Generation of the activation as the rollout left it. */
  readonly activationGeneration: number;
  /** Counts the changes of this record, from 1. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs: number | null;
}
