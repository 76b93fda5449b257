import { remedy, takingsText } from '../protection/decide-protection.ts';
import { type JudgedApproval } from './approvals-in-force.ts';
import { type Blocker, type ChangeCase } from './change-request.ts';
import { type Plan } from './plan-change.ts';

/** What a request that takes protected experts away must have, besides what the policy asks for. */
export interface ChangeProtection {
  /** Release that evidence must be of; null: none could take over. */
  readonly releaseId: string | null;
  /** `left-out`: a concentration run that left the experts out. */
  readonly needed: 'release' | 'left-out';
  /** Digests of evidence that holds such a run, which passed. */
  readonly evidence: readonly string[];
}

/** Nothing where the plan takes no protected expert away, or evidence is attached and somebody has approved it. */
export function protectionBlockers({ evidence, change }: ChangeCase, plan: Plan, protection: ChangeProtection | null, judged: readonly JudgedApproval[]): Blocker[] {
  if (!plan.planned || plan.takings.length === 0) return [];
  const what = takingsText(plan.takings);
  const how = protection?.releaseId ? remedy({ kind: protection.needed, releaseId: protection.releaseId }) : 'No release could take over: evaluate one without it and have it answer first.';
  const attached = evidence.some(({ removedAtMs, sha256 }) => removedAtMs === null && protection?.evidence.includes(sha256));
  if (!attached) return [{ reason: 'protected-expert', detail: `${what} ${how} Attach the run to this request (POST /api/v1/changes/${change.id}/evaluations).`, evidence: 'safety-suite' }];
  // An approval names evidence as kind:digest.
  const approved = judged.some(({ standing, approval }) => standing === 'in-force' && approval.evidence.some((seen) => protection?.evidence.some((sha256) => seen.endsWith(`:${sha256}`))));
  return approved ? [] : [{ reason: 'approvals-missing', detail: `${what} However the policy lets such requests through, one approval is needed that saw the evidence.` }];
}
