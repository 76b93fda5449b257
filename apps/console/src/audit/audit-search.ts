/** What the audit log is searched for; it stands in the address. */
export interface AuditSearch {
  readonly action?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly requestId?: string;
  /** The whole log, and not only the time that is chosen above. */
  readonly whole?: true;
}

export const AUDIT_FILTERS = ['action', 'actor', 'subject', 'requestId'] as const;

export function parseAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  const texts = AUDIT_FILTERS.flatMap((name) => {
    const value = search[name];
    return typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()] as const] : [];
  });
  return { ...Object.fromEntries(texts), ...(search['whole'] === true && { whole: true }) };
}

/** Areas and actions to choose from; the log may hold others. */
export const KNOWN_ACTIONS: readonly string[] = [
  'account.*', 'account.create', 'account.change',
  'activation.*', 'activation.promote', 'activation.rollback', 'activation.recall',
  'alert.*', 'alert-rule.*', 'audit.export',
  'baseline.*', 'change.*', 'component.*', 'data-rules.set', 'feedback.create', 'freeze.*', 'governance.set', 'import.*',
  'key.*', 'key.create', 'key.revoke',
  'receiver.*', 'release.*', 'rollout.*',
  'session.*', 'session.open', 'session.end',
  'signature.*', 'silence.*', 'trace.*', 'trace.forecast', 'trace.read', 'upload.*',
];

/** The name of who acted, where the entry holds it. */
export function actorName(details: unknown): string | null {
  const name = typeof details === 'object' && details !== null && 'actorName' in details ? details.actorName : null;
  return typeof name === 'string' && name !== '' ? name : null;
}
