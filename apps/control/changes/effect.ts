import { type GateCause } from '#libs/governance/change/activation-gate';
import { type JsonObject } from '#libs/governance/change/change-payload';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type ActingCaller } from './change-audit.ts';
import { type ChangeFacts } from './change-ports.ts';

export interface EffectContext {
  readonly caller: ActingCaller;
  readonly facts: ChangeFacts;
  readonly cause: Extract<GateCause, 'approved-change' | 'broken-glass'>;
}

/** What applying a change came to, as part of a transaction that appends the audit entries last. */
export interface Performed {
  readonly outcome: JsonObject;
  /** false: a canary or rollout began, which ends later. */
  readonly isOver: boolean;
  readonly audits: readonly AuditEntry[];
}
