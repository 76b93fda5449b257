import { type Sha256 } from '#libs/release/component';
import { type DataRule } from '../data-rules/rule-set.ts';
import { type GovernanceMode } from './activation-gate.ts';
import { type ChangeLimits, type ChangePayload, type EvidenceKind, type JsonObject, type Strategy } from './change-payload.ts';

export const CHANGE_STATES = ['draft', 'open', 'approved', 'scheduled', 'applying', 'applied', 'failed', 'rejected', 'withdrawn', 'expired', 'superseded'] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/** States in which a request can still be edited, approved and applied. */
export const LIVE_STATES: readonly ChangeState[] = ['draft', 'open', 'approved', 'scheduled'];

/** How a change is let through: by approvals, pre-authorised by policy, or by breaking the glass. */
export type ChangeClass = 'normal' | 'standard' | 'emergency';

/** Who acts, as far as the decisions here need it. */
export interface Actor {
  readonly accountId: string;
  readonly name: string;
  readonly kind: 'user' | 'service' | 'system';
  readonly keyId: string | null;
  /** Account that handed out the key, where it is not the owner. */
  readonly issuedBy: string | null;
  readonly roles: readonly string[];
}

/** The state a change starts from, fact by fact, so that a conflict can say which one moved. */
export type ChangeBase = Readonly<Record<string, string | number | boolean | null>>;

/** Exactly what will be written. */
export type ChangeEffect =
  | { readonly kind: 'release'; readonly model: string; readonly releaseId: Sha256; readonly strategy: Strategy }
  | { readonly kind: 'data-rules'; readonly model: string; readonly rules: readonly DataRule[] }
  | { readonly kind: 'card'; readonly sha256: Sha256; readonly card: JsonObject }
  | { readonly kind: 'recall'; readonly sha256: Sha256; readonly reason: string }
  | { readonly kind: 'policy'; readonly policies: string; readonly limits: ChangeLimits }
  | { readonly kind: 'governance'; readonly model: string; readonly mode: GovernanceMode };

export interface Schedule {
  readonly atMs: number;
  /** Not applied by then: it expires. */
  readonly untilMs: number;
  readonly by: Actor;
}

export interface BreakGlass {
  readonly by: Actor;
  readonly reason: string;
  readonly atMs: number;
  /** By then what was changed must be reverted or confirmed. */
  readonly untilMs: number;
  readonly reviewDueMs: number;
  readonly review: Review | null;
}

export interface Review {
  readonly by: string;
  readonly byName: string;
  readonly verdict: 'confirmed' | 'to-revert';
  readonly note: string;
  readonly atMs: number;
}

/** What the policy said when the change was let through. */
export interface PolicyDecision {
  readonly policyVersion: number;
  /** Ids of the policies that decided. */
  readonly policies: readonly string[];
  /** Ids of the approvals that counted. */
  readonly approvals: readonly string[];
  readonly atMs: number;
}

export interface ChangeRequest {
  readonly id: string;
  readonly class: ChangeClass;
  readonly state: ChangeState;
  readonly title: string;
  readonly reason: string;
  readonly payload: ChangePayload;
  readonly base: ChangeBase;
  readonly effect: ChangeEffect;
  /** Of payload, base and effect; see change-digest.ts. */
  readonly digest: Sha256;
  readonly author: { readonly accountId: string; readonly name: string };
  /** Accounts that wrote it or added evidence. */
  readonly involved: readonly string[];
  /** Accounts that handed out a key with which that was done. */
  readonly issuers: readonly string[];
  readonly supersedes: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly submittedAtMs: number | null;
  readonly expiresAtMs: number;
  readonly schedule: Schedule | null;
  readonly breakGlass: BreakGlass | null;
  readonly decision: PolicyDecision | null;
  readonly appliedAtMs: number | null;
  readonly appliedBy: string | null;
  readonly outcome: JsonObject | null;
}

export type EvidenceOutcome = 'pass' | 'fail' | 'inconclusive';

/** Evidence without its content: what decisions need. */
export interface Evidence {
  readonly id: string;
  readonly kind: EvidenceKind;
  /** Of the content. */
  readonly sha256: Sha256;
  /** Verdict of the evaluation that it is the result of; null or left out where it is none. */
  readonly outcome?: EvidenceOutcome | null;
  readonly addedBy: string;
  readonly removedAtMs: number | null;
}

export interface Approval {
  readonly id: string;
  readonly verdict: 'approve' | 'reject';
  readonly account: string;
  readonly accountName: string;
  readonly keyId: string | null;
  readonly issuedBy: string | null;
  readonly roles: readonly string[];
  /** Of the change and the evidence together, as the approver saw them. */
  readonly digest: Sha256;
  readonly changeDigest: Sha256;
  /** Version of the policy under which it was given. */
  readonly policyVersion: number;
  /** Digests of the evidence that was there, sorted. */
  readonly evidence: readonly Sha256[];
  readonly comment: string;
  readonly atMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  readonly revokedReason: string | null;
}

/** A request with all that decides over it. */
export interface ChangeCase {
  readonly change: ChangeRequest;
  readonly evidence: readonly Evidence[];
  readonly approvals: readonly Approval[];
}

/** Why something cannot be done now, and the remedy. */
export interface Blocker {
  readonly reason: BlockerReason;
  readonly detail: string;
  /** The kind of evidence that is missing. */
  readonly evidence?: string;
}

export type BlockerReason =
  | 'not-a-draft' | 'not-open' | 'ended' | 'expired' | 'evidence-missing' | 'approvals-missing' | 'not-permitted' | 'policy-forbids' | 'policy-error'
  | 'own-change' | 'already-approved' | 'digest-changed' | 'base-changed' | 'frozen' | 'not-before' | 'window-missed' | 'scheduler-gone' | 'reason-missing' | 'time-limit' | 'not-plannable'
  | 'effect-refused' | 'no-such-evidence' | 'too-many' | 'not-involved' | 'no-broken-glass' | 'already-reviewed' | 'schedule-invalid' | 'not-applying' | 'protected-expert';

/** What a decision comes to: the case as it is then, and the event for its history; or what blocks it. */
export type CaseDecision =
  | { readonly allowed: true; readonly next: ChangeCase; readonly event: ChangeEvent }
  | { readonly allowed: false; readonly blockers: readonly [Blocker, ...Blocker[]] };

export interface ChangeEvent {
  readonly event:
    | 'created' | 'edited' | 'submitted' | 'evidence-added' | 'evidence-removed' | 'approved' | 'rejected' | 'withdrawn' | 'expired' | 'superseded'
    | 'scheduled' | 'unscheduled' | 'applying' | 'applied' | 'failed' | 'glass-broken' | 'reviewed' | 'commented';
  readonly actor: string;
  readonly atMs: number;
  readonly detail: JsonObject;
}

export function refuse(reason: BlockerReason, detail: string): Extract<CaseDecision, { allowed: false }> {
  return { allowed: false, blockers: [{ reason, detail }] };
}

export function isLive({ state }: Pick<ChangeRequest, 'state'>): boolean {
  return LIVE_STATES.includes(state);
}
