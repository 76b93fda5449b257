import { type Permission } from '../access/permissions.ts';
import { OVERRIDE_PERMISSION, type EvidenceRun } from './decide-protection.ts';

export type UnprotectDecision =
  | { readonly decision: 'unprotect'; readonly reason: 'no-carrier' | 'by-administrator' }
  | { readonly decision: 'refuse'; readonly reason: 'evidence-missing' | 'evidence-unfit' | 'unknown-evaluation'; readonly detail: string };

export interface UnprotectFacts {
  readonly layer: number;
  readonly expert: number;
  /** Release that serves; null: none does. */
  readonly servingRelease: string | null;
  /** The run that was named; null: none was, or it has no result. */
  readonly run: (EvidenceRun & { readonly proposed: readonly string[] }) | null;
  readonly evaluationId: string | null;
  readonly permissions: readonly Permission[];
}

/**
 * Whether an expert may lose its protection: else the list would stand against nobody who may edit it. Either a
 * concentration run of what serves left the expert out and does not propose it, or an administrator decides.
 */
export function decideUnprotect({ layer, expert, servingRelease, run, evaluationId, permissions }: UnprotectFacts): UnprotectDecision {
  const name = `expert/${layer}/${expert}`;
  if (evaluationId === null) {
    if (permissions.includes('administer')) return { decision: 'unprotect', reason: 'by-administrator' };
    return { decision: 'refuse', reason: 'evidence-missing', detail: `Name a concentration run of the release that serves, which left ${name} out and does not propose it. Without one it needs the permission administer, besides ${OVERRIDE_PERMISSION}.` };
  }
  if (run === null) return { decision: 'refuse', reason: 'unknown-evaluation', detail: `There is no run ${evaluationId} that has a result; GET /api/v1/evaluations lists them.` };
  const unfit = (what: string): UnprotectDecision => ({ decision: 'refuse', reason: 'evidence-unfit', detail: `Run ${run.id} ${what}` });
  if (run.kind !== 'concentration' || run.outcome !== 'pass') return unfit('is no concentration run that passed.');
  if (run.candidate !== servingRelease) return unfit('is not of the release that serves now.');
  if (!run.leftOut.includes(`${layer}/${expert}`)) return unfit(`did not leave ${name} out.`);
  if (run.proposed.includes(`${layer}/${expert}`)) return unfit(`proposes to protect ${name}.`);
  return { decision: 'unprotect', reason: 'no-carrier' };
}
