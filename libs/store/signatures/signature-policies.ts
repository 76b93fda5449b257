import { type DataSource } from 'typeorm';
import { SIGNATURE_LEVELS, type SignatureLevel } from '#libs/governance/signature/decide-signed';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

/** What must be signed, for a model or for the installation. */
export interface SignaturePolicy {
  /** Null for a model that has none of its own. */
  readonly level: SignatureLevel | null;
  /** Counts the writes, from 1; 0 where none was made. */
  readonly generation: number;
  readonly updatedAtMs: number | null;
}

export type PolicyChange = { readonly scope: string; readonly level: SignatureLevel | null; readonly by: string; readonly atMs: number; readonly expectedGeneration: number };

/** How the policy of the installation is named; a model is named by its name, which is never empty. */
export const INSTALLATION = '';
/** Stored where a model follows the installation again, so that its generation goes on. */
const INHERITED = 'inherit';

interface PolicyRow {
  readonly model: string;
  readonly level: string;
  readonly generation: number;
  readonly updated_at: Date;
}

export class SignaturePolicies {
  constructor(private readonly dataSource: DataSource) {}

  async find(scope: string): Promise<SignaturePolicy> {
    const [row]: PolicyRow[] = await this.dataSource.query('SELECT * FROM signalbox.signature_policy WHERE model = $1', [scope]);
    return row ? toPolicy(row) : { level: scope === INSTALLATION ? 'off' : null, generation: 0, updatedAtMs: null };
  }

  /** What holds for a model: its own policy, else the installation's. */
  async levelFor(model: string): Promise<SignatureLevel> {
    return (await this.find(model)).level ?? (await this.find(INSTALLATION)).level ?? 'off';
  }

  /** Sets a policy with its audit entry; false when it is no longer of the expected generation. */
  async set({ scope, level, by, atMs, expectedGeneration }: PolicyChange, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO signalbox.signature_policy AS p (model, level, generation, updated_by, updated_at)
         SELECT $1, $2, 1, $3, $4 WHERE $5 = 0 OR EXISTS (SELECT FROM signalbox.signature_policy WHERE model = $1)
         ON CONFLICT (model) DO UPDATE SET level = $2, generation = p.generation + 1, updated_by = $3, updated_at = $4
         WHERE p.generation = $5 RETURNING model`,
        [scope, level ?? INHERITED, by, new Date(atMs), expectedGeneration],
      );
      if (rows.length === 0) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }
}

function toPolicy({ level, generation, updated_at: updatedAt }: PolicyRow): SignaturePolicy {
  return { level: SIGNATURE_LEVELS.find((known) => known === level) ?? null, generation, updatedAtMs: updatedAt.getTime() };
}
