import { type ProtectionDecision, type ProtectionRefusal } from '#libs/governance/protection/decide-protection';
import { type UnprotectDecision } from '#libs/governance/protection/decide-unprotect';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type StoredProtection } from '#libs/store/protection/protection-rows';

interface Shown {
  readonly status: number;
  readonly code: string;
  readonly title: string;
}

const SHOWN: Readonly<Record<ProtectionRefusal, Shown>> = {
  'protected-expert': { status: 409, code: 'protected_expert', title: 'The expert is protected' },
  'unknown-evaluation': { status: 409, code: 'evidence_unknown', title: 'There is no such evidence' },
  'evidence-unfit': { status: 409, code: 'evidence_unfit', title: 'It is no evidence for this' },
  'override-not-permitted': { status: 403, code: 'override_not_permitted', title: 'You may not override it' },
  'reason-missing': { status: 400, code: 'invalid_request', title: 'The request is not valid' },
};

export function protectedExpert({ reason, detail, field }: Extract<ProtectionDecision, { decision: 'refuse' }>): ProblemError {
  return new ProblemError({ ...SHOWN[reason], detail: `Body field ${field}: ${detail}`, field });
}

/** Where a request has no field to override it in: a change request carries the evidence. */
export function protectedInDirect(detail: string): ProblemError {
  return new ProblemError({ ...SHOWN['protected-expert'], detail: `${detail} Ask for it in a change request (POST /api/v1/changes) and attach the run there.` });
}

export function notProtected(): ProblemError {
  return new ProblemError({ status: 404, code: 'not_protected', title: 'It is not protected', detail: 'GET /api/v1/models/{model}/protected-experts lists those that are.', field: 'expert' });
}

export function protectionChanged(current: StoredProtection | null): ProblemError {
  const who = current === null ? '' : ` ${current.byName} wrote it at ${new Date(current.atMs).toISOString()}.`;
  return new ProblemError({ status: 412, code: 'version_changed', title: 'Someone else changed it', detail: `Header If-Match: the version is now "${current?.version ?? 0}".${who} Read it again and decide anew.`, field: 'if-match' });
}

export function refusedUnprotect({ reason, detail }: Extract<UnprotectDecision, { decision: 'refuse' }>): ProblemError {
  return new ProblemError({ status: 409, code: reason.replaceAll('-', '_'), title: 'It stays protected', detail: `Body field evaluationId: ${detail}`, field: 'evaluationId' });
}

export function unknownExpert(layer: number, expert: number): ProblemError {
  return new ProblemError({ status: 404, code: 'expert_not_found', title: 'No such expert', detail: `No release of the model has expert/${layer}/${expert}; layers and experts count from 0.`, field: 'expert' });
}

export function tooManyProtected(limit: number): ProblemError {
  return new ProblemError({ status: 409, code: 'too_many_protected', title: 'Too many experts are protected', detail: `A model has at most ${limit}. Where so many matter, no list helps: protect those that carry most.` });
}

export function notAdoptable(detail: string): ProblemError {
  return new ProblemError({ status: 409, code: 'not_adoptable', title: 'There is nothing to adopt', detail: `Body field evaluationId: ${detail}`, field: 'evaluationId' });
}

export function overrideNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'override_not_found', title: 'No such override', detail: 'GET /api/v1/models/{model}/protection-overrides lists them.', field: 'overrideId' });
}

export function owesNoReview(): ProblemError {
  return new ProblemError({ status: 409, code: 'no_review_owed', title: 'It owes no review', detail: 'Only emergencies are reviewed here, until they are confirmed. A change that broke the glass is reviewed at the change.' });
}

export function ownOverride(hand: string): ProblemError {
  return new ProblemError({ status: 403, code: 'own_change', title: 'It was your own act', detail: `The account ${hand} did it, or handed out the key that did. Others review it, whatever your role: ask someone else.` });
}
