import { type Sha256 } from '#libs/release/component';
import { approvalDigestOf, evidenceDigests } from './change-digest.ts';
import { type ApprovalCounts, COUNTED_ROLES } from './change-policy.ts';
import { type Approval, type ChangeCase } from './change-request.ts';
import { type Hands, involve, NO_HANDS, sharedHand } from './persons.ts';

export type ApprovalStanding = 'in-force' | 'not-an-approval' | 'revoked' | 'expired' | 'digest-changed' | 'policy-changed' | 'evidence-removed' | 'own-change' | 'account-disabled' | 'same-person';

export interface JudgedApproval {
  readonly approval: Approval;
  readonly standing: ApprovalStanding;
}

export interface ApprovalFacts {
  /** Digest of the change as it would be applied now. */
  readonly changeDigest: Sha256;
  readonly nowMs: number;
  readonly policyVersion: number;
  /** Roles of an account today; null when it is disabled or gone. */
  readonly rolesNow: (accountId: string) => readonly string[] | null;
}

/**
 * Which approvals count, and why the others do not. Of two by the same person (the same account, or the
 * account that handed out the other's key) only the first counts. Evidence that came later does not
 * revoke an approval; evidence that it saw and that is gone does.
 */
export function judgeApprovals({ change, evidence, approvals }: ChangeCase, facts: ApprovalFacts): readonly JudgedApproval[] {
  const present = evidenceDigests(evidence);
  let counted = NO_HANDS;
  return approvals.map((approval) => {
    const standing = standingOf(approval, change, present, facts, counted);
    if (standing === 'in-force') counted = involve(counted, { accountId: approval.account, issuedBy: approval.issuedBy });
    return { approval, standing };
  });
}

function standingOf(approval: Approval, hands: Hands, present: readonly string[], facts: ApprovalFacts, counted: Hands): ApprovalStanding {
  const person = { accountId: approval.account, issuedBy: approval.issuedBy };
  if (approval.verdict !== 'approve') return 'not-an-approval';
  if (approval.revokedAtMs !== null) return 'revoked';
  if (approval.expiresAtMs <= facts.nowMs) return 'expired';
  if (approval.changeDigest !== facts.changeDigest || approval.digest !== approvalDigestOf(approval.changeDigest, approval.evidence)) return 'digest-changed';
  // Who approved under another policy did not look for what this one asks.
  if (approval.policyVersion !== facts.policyVersion) return 'policy-changed';
  if (!approval.evidence.every((digest) => present.includes(digest))) return 'evidence-removed';
  // Also for who became involved after approving.
  if (sharedHand(hands, person) !== null) return 'own-change';
  if (facts.rolesNow(approval.account) === null) return 'account-disabled';
  return sharedHand(counted, person) === null ? 'in-force' : 'same-person';
}

/** How many approvals in force there are, in all and of each role the approver had then and still has. */
export function countApprovals(judged: readonly JudgedApproval[], rolesNow: ApprovalFacts['rolesNow']): ApprovalCounts {
  const counts = { total: 0, viewer: 0, operator: 0, releaser: 0, approver: 0, auditor: 0, admin: 0 };
  for (const { approval, standing } of judged) {
    if (standing !== 'in-force') continue;
    counts.total += 1;
    const now = rolesNow(approval.account) ?? [];
    for (const role of COUNTED_ROLES) if (approval.roles.includes(role) && now.includes(role)) counts[role] += 1;
  }
  return counts;
}
