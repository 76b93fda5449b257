import { type ChangeEvent } from '#libs/governance/change/change-request';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type StoredChange } from '#libs/store/changes/change-rows';
import { auditOf } from '../http/audited.ts';

export type ActingCaller = Pick<Principal, 'accountId' | 'name' | 'keyId'>;

/** The audit entry of what was done to a request. */
export function changeAudit(caller: ActingCaller, before: StoredChange | null, after: StoredChange, { event, atMs, detail }: ChangeEvent, reason: string | null = null): AuditEntry {
  const { change } = after;
  return {
    ...auditOf(caller, atMs, `change.${event}`, `change/${change.id}`, { number: after.number, type: change.payload.type, ...detail }),
    ...(before ? { before: stateOf(before) } : {}),
    after: stateOf(after),
    ...(reason === null || reason === '' ? {} : { reason }),
  };
}

function stateOf({ change, revision }: StoredChange): unknown {
  return { state: change.state, class: change.class, revision, digest: change.digest };
}
