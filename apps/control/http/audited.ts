import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type Principal } from '#libs/platform/auth/scopes';

/** The audit entry of what a key does now. `detail` must hold no secret and no content. */
export function auditOf(
  caller: Pick<Principal, 'accountId' | 'name' | 'keyId'>,
  atMs: number,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>> = {},
): AuditEntry {
  return { atMs, actor: caller.accountId, action, subject, detail: { actorName: caller.name, ...(caller.keyId === null ? {} : { key: caller.keyId }), ...detail }, requestId: null };
}
