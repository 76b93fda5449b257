import { createHash } from 'node:crypto';
import { type DataSource, type EntityManager } from 'typeorm';
import { type ChangeLimits } from '#libs/governance/change/change-payload';

export interface StoredPolicy {
  /** From 1; each is kept. */
  readonly version: number;
  readonly policies: string;
  readonly limits: ChangeLimits;
  readonly sha256: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** The change request that put it in force; null where it was put in force directly. */
  readonly changeId: string | null;
}

const COLUMNS = 'version, policies, limits, sha256, created_at, created_by, change_id';

interface Row {
  readonly version: number;
  readonly policies: string;
  readonly limits: ChangeLimits;
  readonly sha256: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly change_id: string | null;
}

/** Versions of the change policy; the newest is in force. */
export class ChangePolicies {
  constructor(private readonly dataSource: DataSource) {}

  /** null while the default that ships holds. */
  async current(manager: EntityManager = this.dataSource.manager): Promise<StoredPolicy | null> {
    const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.change_policy ORDER BY version DESC LIMIT 1`);
    return rows[0] ? toPolicy(rows[0]) : null;
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Newest first. */
  async history(limit: number, beforeVersion: number | null): Promise<readonly StoredPolicy[]> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.change_policy WHERE $2::int IS NULL OR version < $2 ORDER BY version DESC LIMIT $1`, [limit, beforeVersion]);
    return rows.map(toPolicy);
  }
}

/** Writes the next version as part of a transaction, without an audit entry. False when it is not the next one any more. */
export async function writeChangePolicy(manager: EntityManager, policy: Omit<StoredPolicy, 'sha256'>): Promise<boolean> {
  const written: unknown[] = await manager.query(
    `INSERT INTO signalbox.change_policy (version, policies, limits, sha256, created_at, created_by, change_id)
     SELECT $1::int, $2, $3, $4, $5, $6, $7 WHERE $1::int - 1 = (SELECT coalesce(max(version), 0) FROM signalbox.change_policy)
     ON CONFLICT DO NOTHING RETURNING version`,
    [policy.version, policy.policies, JSON.stringify(policy.limits), policyDigest(policy.policies), new Date(policy.createdAtMs), policy.createdBy, policy.changeId],
  );
  return written.length === 1;
}

export function policyDigest(policies: string): string {
  return createHash('sha256').update(policies, 'utf8').digest('hex');
}

function toPolicy({ created_at, created_by, change_id, ...same }: Row): StoredPolicy {
  return { ...same, createdAtMs: created_at.getTime(), createdBy: created_by, changeId: change_id };
}
