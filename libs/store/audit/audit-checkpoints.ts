import { type DataSource, type EntityManager } from 'typeorm';
import { type Checkpoint } from '#libs/governance/audit/checkpoint';
import { LOCKS } from '../locks.ts';

interface CheckpointRow {
  readonly tree_size: string;
  readonly root: Buffer;
  readonly at: Date;
  readonly key_id: string;
  readonly signature: Buffer;
}

const COLUMNS = 'tree_size, root, at, key_id, signature';

/** Signed checkpoints of the audit log. Append-only, as the entries are. */
export class AuditCheckpoints {
  constructor(private readonly dataSource: DataSource) {}

  /** False, and nothing written, where another process has signed as much already or is about to. */
  async insert({ treeSize, root, at, keyId, signature }: Checkpoint): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [lock] = (await manager.query('SELECT pg_try_advisory_xact_lock($1) AS held', [LOCKS.checkpoints])) as { held: boolean }[];
      if (lock?.held !== true) return false;
      const rows = (await manager.query(
        `INSERT INTO signalbox.audit_checkpoint (${COLUMNS})
         SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM signalbox.audit_checkpoint WHERE tree_size >= $1) RETURNING tree_size`,
        [treeSize, Buffer.from(root, 'hex'), new Date(at), keyId, Buffer.from(signature, 'base64')],
      )) as unknown[];
      return rows.length === 1;
    });
  }

  /** Largest first; `below` is the tree size of the last one of the page before. */
  async list(limit: number, below: number | null = null): Promise<readonly Checkpoint[]> {
    const rows: CheckpointRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.audit_checkpoint WHERE $2::bigint IS NULL OR tree_size < $2 ORDER BY tree_size DESC LIMIT $1`,
      [limit, below],
    );
    return rows.map(toCheckpoint);
  }
}

/** All of them, smallest first, as a snapshot sees them. */
export async function* everyCheckpoint(manager: EntityManager, page: number): AsyncGenerator<Checkpoint> {
  for (let after = 0; ; ) {
    const rows = (await manager.query(`SELECT ${COLUMNS} FROM signalbox.audit_checkpoint WHERE tree_size > $1 ORDER BY tree_size LIMIT $2`, [after, page])) as CheckpointRow[];
    yield* rows.map(toCheckpoint);
    const last = rows.at(-1);
    if (!last || rows.length < page) return;
    after = Number(last.tree_size);
  }
}

function toCheckpoint({ tree_size, root, at, key_id, signature }: CheckpointRow): Checkpoint {
  return { treeSize: Number(tree_size), root: root.toString('hex'), at: at.toISOString(), keyId: key_id, signature: signature.toString('base64') };
}
