import { type Permission } from '../access/permissions.ts';
import { type Taking } from './takings.ts';

/** Needed, besides what the act itself needs, to take a protected expert away on evidence, and to review an emergency. */
export const OVERRIDE_PERMISSION: Permission = 'approve';
/** An emergency is reviewed within this time. */
export const REVIEW_WITHIN_MS = 48 * 3_600_000;
const MIN_REASON = 10;

/** A finished run, as far as it can be evidence. */
export interface EvidenceRun {
  readonly id: string;
  readonly kind: string;
  /** Release that it measured. */
  readonly candidate: string;
  readonly resultDigest: string;
  readonly outcome: string;
  /** Its suite has safety tasks. */
  readonly isOfSafety: boolean;
  /** Experts that a concentration run left out, as layer/expert. */
  readonly leftOut: readonly string[];
}

/** What the caller says for taking protected experts away. */
export interface OverrideWish {
  readonly reason: string;
  /** Run that is the evidence. */
  readonly evaluationId: string | null;
  /** Without evidence, as it cannot wait: a review is owed. */
  readonly emergency: boolean;
}

/**
 * What a run must have measured. `release`: the release that results. `left-out`: no release results, but one
 * serves without the expert: a concentration run of it, which left that expert out.
 */
export interface EvidenceNeeded {
  readonly kind: 'release' | 'left-out';
  readonly releaseId: string;
}

export type ProtectionRefusal = 'protected-expert' | 'unknown-evaluation' | 'evidence-unfit' | 'override-not-permitted' | 'reason-missing';

export type ProtectionDecision =
  | { readonly decision: 'allow'; readonly reason: 'not-protected' }
  | { readonly decision: 'allow'; readonly reason: 'evidence'; readonly run: EvidenceRun }
  | { readonly decision: 'allow'; readonly reason: 'emergency'; readonly reviewDueMs: number }
  | { readonly decision: 'refuse'; readonly reason: ProtectionRefusal; readonly detail: string; readonly field: 'override' | 'override.evaluationId' | 'override.reason' };

export interface ProtectionFacts {
  readonly nowMs: number;
  readonly needed: EvidenceNeeded;
  /** The run that the wish names; null: there is none, or it has no result. */
  readonly run: EvidenceRun | null;
  readonly permissions: readonly Permission[];
}

/** Whether an act that takes these protected experts away may go on. */
export function decideProtection(takings: readonly Taking[], wish: OverrideWish | null, { nowMs, needed, run, permissions }: ProtectionFacts): ProtectionDecision {
  if (takings.length === 0) return { decision: 'allow', reason: 'not-protected' };
  const what = takingsText(takings);
  if (wish === null || (wish.evaluationId === null && !wish.emergency)) {
    return refuse('protected-expert', 'override', `${what} ${remedy(needed)} Give its id as override.evaluationId, with a reason; that needs the permission ${OVERRIDE_PERMISSION}. Where it cannot wait, give override.emergency: a review is then owed within 48 hours.`);
  }
  if (wish.reason.trim().length < MIN_REASON) return refuse('reason-missing', 'override.reason', `${what} Say in at least ${MIN_REASON} characters why it goes on all the same.`);
  if (wish.evaluationId === null) return { decision: 'allow', reason: 'emergency', reviewDueMs: nowMs + REVIEW_WITHIN_MS };
  if (!permissions.includes(OVERRIDE_PERMISSION)) return refuse('override-not-permitted', 'override', `${what} To override it needs the permission ${OVERRIDE_PERMISSION}: ask somebody who has it, or give override.emergency in place of the run.`);
  if (run === null) return refuse('unknown-evaluation', 'override.evaluationId', `There is no run ${wish.evaluationId} that has a result; GET /api/v1/evaluations lists them.`);
  const unfit = unfitness(run, needed, takings);
  return unfit === null ? { decision: 'allow', reason: 'evidence', run } : refuse('evidence-unfit', 'override.evaluationId', `${unfit} ${remedy(needed)}`);
}

/** Why a run is no evidence for taking these experts away; null: it is. */
export function unfitness({ id, kind, candidate, outcome, isOfSafety, leftOut }: EvidenceRun, needed: EvidenceNeeded, takings: readonly Taking[]): string | null {
  const name = `Run ${id}`;
  if (candidate !== needed.releaseId) return `${name} measured release ${candidate.slice(0, 12)}, not ${needed.releaseId.slice(0, 12)}.`;
  if (outcome !== 'pass') return `${name} did not pass: its outcome is ${outcome}.`;
  if (needed.kind === 'release') return kind === 'concentration' || (kind === 'suite' && isOfSafety) ? null : `${name} says nothing of refusals: it is neither a concentration run nor one of a suite with safety tasks.`;
  if (kind !== 'concentration') return `${name} is no concentration run.`;
  const missing = takings.find(({ layer, expert }) => !leftOut.includes(`${layer}/${expert}`));
  return missing ? `${name} did not leave expert/${missing.layer}/${missing.expert} out.` : null;
}

/** The experts, why they are protected and what would take them away. */
export function takingsText(takings: readonly Taking[]): string {
  const named = takings.slice(0, 5).map(({ layer, expert, reason, by }) => `expert/${layer}/${expert} is protected (${reason.replace(/[.\s]+$/, '')}) and would be taken away by ${by}`);
  return `${named.join('; ')}${takings.length > 5 ? `; and ${takings.length - 5} more` : ''}.`;
}

export function remedy({ kind, releaseId }: EvidenceNeeded): string {
  const short = releaseId.slice(0, 12);
  return kind === 'release'
    ? `Evaluate release ${short} with a suite that has safety tasks, or with a concentration run; it must pass.`
    : `Run a concentration evaluation of release ${short} that leaves the expert out; it must pass.`;
}

function refuse(reason: ProtectionRefusal, field: Extract<ProtectionDecision, { decision: 'refuse' }>['field'], detail: string): ProtectionDecision {
  return { decision: 'refuse', reason, field, detail };
}
