import { type ChangeLimits } from './change-payload.ts';
import { type Actor, type Blocker, type BlockerReason, type ChangeClass } from './change-request.ts';

/** What a policy is asked about. `pre-authorise` makes a change standard: no approval is needed. */
export type PolicyAction = 'submit' | 'approve' | 'pre-authorise' | 'apply' | 'break-glass';

/** What policies may look at, besides who asks. */
export interface PolicyQuestion {
  readonly action: PolicyAction;
  readonly actor: Pick<Actor, 'accountId' | 'kind' | 'roles'>;
  readonly change: {
    readonly id: string;
    readonly type: string;
    readonly class: ChangeClass;
    /** Empty where the change concerns no single model. */
    readonly model: string;
    /** `at-once`, `canary`, `rollout`, or empty where no release comes to answer. */
    readonly strategy: string;
  };
  readonly context: {
    /** Kinds of the evidence that is attached. */
    readonly evidence: readonly string[];
    /** Those of them whose newest evaluation failed its gates. */
    readonly failedEvidence: readonly string[];
    /** Approvals in force, of people who are not involved: all, and those of each role. */
    readonly approvals: ApprovalCounts;
    readonly frozen: boolean;
    /** For approve: whether one account handed out both the approver's key and one with which the change was written. */
    readonly sharedIssuer: boolean;
    /** For break-glass; 0 otherwise. */
    readonly hours: number;
  };
}

export const COUNTED_ROLES = ['viewer', 'operator', 'releaser', 'approver', 'auditor', 'admin'] as const;
export type ApprovalCounts = Readonly<Record<'total' | (typeof COUNTED_ROLES)[number], number>>;

/** A policy that decided, with its annotations. */
export interface DecidingPolicy {
  readonly id: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PolicyVerdict {
  readonly allowed: boolean;
  readonly policies: readonly DecidingPolicy[];
  /** Policies that failed while they were asked. Cedar would leave them out; here they forbid. */
  readonly errors: readonly string[];
}

/** The policy in force. Asking has no effect and takes no time to speak of. */
export interface ChangePolicy {
  readonly version: number;
  readonly limits: ChangeLimits;
  ask(question: PolicyQuestion): PolicyVerdict;
}

const NAMED: readonly BlockerReason[] = ['evidence-missing', 'approvals-missing', 'frozen', 'not-permitted', 'time-limit'];

/**
 * What a verdict blocks, one entry for each policy that forbids. A policy names itself by annotations:
 * `@blocker` one of the reasons, `@evidence` the kind that is missing, `@message` the remedy.
 */
export function policyBlockers(verdict: PolicyVerdict, version: number): readonly Blocker[] {
  if (verdict.errors.length > 0) {
    return [{ reason: 'policy-error', detail: `Policy version ${version} could not be asked: ${verdict.errors.join('; ')}. Mend the change policy.` }];
  }
  if (verdict.allowed) return [];
  if (verdict.policies.length === 0) return [{ reason: 'not-permitted', detail: `No policy of version ${version} permits this to you.` }];
  return verdict.policies.map(({ id, annotations }) => {
    const reason = NAMED.find((name) => name === annotations['blocker']) ?? 'policy-forbids';
    const { evidence, message } = annotations;
    const detail = message ?? (evidence === undefined ? `Policy ${id} forbids it.` : `Attach evidence of the kind ${evidence}.`);
    return { reason, detail: `${detail} (policy ${id}, version ${version})`, ...(evidence === undefined ? {} : { evidence }) };
  });
}
