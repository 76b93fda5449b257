import { type DataSource, type EntityManager } from 'typeorm';
import { DEFAULT_POLICY, namedReceivers, type NotificationPolicy } from '#libs/alerting/notify/policy';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { exists } from '../receivers/receivers.ts';

export interface StoredNotificationPolicy {
  readonly policy: NotificationPolicy;
  /** 0: the one that ships. Also the ETag. */
  readonly generation: number;
  readonly updatedBy: string | null;
  readonly updatedAtMs: number | null;
}

export type PolicyOutcome =
  | { readonly outcome: 'written'; readonly stored: StoredNotificationPolicy }
  | { readonly outcome: 'stale'; readonly generation: number }
  | { readonly outcome: 'no-receiver'; readonly receiverId: string };

/** Who is told of what: one document. */
export class NotificationPolicies {
  constructor(private readonly dataSource: DataSource) {}

  current(): Promise<StoredNotificationPolicy> {
    return readPolicy(this.dataSource.manager);
  }

  async write(policy: NotificationPolicy, expectedGeneration: number, atMs: number, audit: (before: StoredNotificationPolicy) => AuditEntry): Promise<PolicyOutcome> {
    return this.dataSource.transaction(async (manager) => {
      // Two first writers have no row to lock: the lock of the table keeps them apart, and readers go on.
      await manager.query('LOCK TABLE signalbox.notification_policy IN SHARE ROW EXCLUSIVE MODE');
      const before = await readPolicy(manager);
      if (before.generation !== expectedGeneration) return { outcome: 'stale', generation: before.generation };
      for (const receiverId of namedReceivers(policy)) if (!(await exists(manager, receiverId))) return { outcome: 'no-receiver', receiverId };
      const entry = audit(before);
      await manager.query(
        `INSERT INTO signalbox.notification_policy (id, document, generation, updated_by, updated_at) VALUES (1, $1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET document = EXCLUDED.document, generation = EXCLUDED.generation, updated_by = EXCLUDED.updated_by, updated_at = EXCLUDED.updated_at`,
        [JSON.stringify(policy), expectedGeneration + 1, entry.actor, new Date(atMs)],
      );
      await appendAudit(manager, entry);
      return { outcome: 'written', stored: { policy, generation: expectedGeneration + 1, updatedBy: entry.actor, updatedAtMs: atMs } };
    });
  }
}

export async function readPolicy(manager: EntityManager): Promise<StoredNotificationPolicy> {
  const rows: { document: NotificationPolicy; generation: number; updated_by: string; updated_at: Date }[] = await manager.query('SELECT document, generation, updated_by, updated_at FROM signalbox.notification_policy WHERE id = 1');
  const [row] = rows;
  if (!row) return { policy: DEFAULT_POLICY, generation: 0, updatedBy: null, updatedAtMs: null };
  return { policy: row.document, generation: row.generation, updatedBy: row.updated_by, updatedAtMs: row.updated_at.getTime() };
}
