import { type DataSource } from 'typeorm';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { suiteDigest } from '#libs/evaluation/suite/parse-suite';
import { type Suite } from '#libs/evaluation/suite/suite';
import { type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { EVALUATION_LIMITS } from './evaluation-limits.ts';

export interface StoredSuite {
  /** SHA-256 of its canonical JSON. */
  readonly digest: Sha256;
  readonly suite: Suite;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

interface Row {
  readonly digest: Sha256;
  readonly content: string;
  readonly created_by: string;
  readonly created_at: Date;
}

const COLUMNS = 'digest, content, created_by, created_at';

/** Suites by digest. They are never changed: an edited one is another one of the same name. */
export class Suites {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Keeps a checked suite; one that is there already counts as used anew, which needs no audit entry.
   * @throws EvaluationError naming the dataset that is not there, or where the suite is too large
   */
  async put(suite: Suite, { createdBy, atMs }: { readonly createdBy: string; readonly atMs: number }, auditOf: (digest: Sha256) => AuditEntry): Promise<{ readonly stored: StoredSuite; readonly isNew: boolean }> {
    const content = canonicalJson(suite);
    if (Buffer.byteLength(content) > EVALUATION_LIMITS.suiteBytes) throw new EvaluationError('suite-too-large', 'tasks', `The suite has more than ${EVALUATION_LIMITS.suiteBytes} bytes; texts belong into datasets.`);
    const digest = suiteDigest(suite);
    const datasets = [...new Set(suite.tasks.map(({ dataset }) => dataset))];
    return this.dataSource.transaction(async (manager) => {
      const at = new Date(atMs);
      // Also keeps the datasets from being purged until the commit.
      const [used] = (await manager.query(
        `WITH named AS (SELECT sha256 FROM signalbox.evaluation_dataset WHERE sha256 = ANY($1) ORDER BY sha256 FOR UPDATE)
         UPDATE signalbox.evaluation_dataset AS kept SET last_used_at = greatest(last_used_at, $2) FROM named WHERE kept.sha256 = named.sha256 RETURNING kept.sha256`,
        [datasets, at],
      )) as [{ sha256: Sha256 }[], number];
      const there = new Set(used.map(({ sha256 }) => sha256));
      const lacking = suite.tasks.findIndex(({ dataset }) => !there.has(dataset));
      if (lacking !== -1) throw new EvaluationError('dataset-missing', `tasks[${lacking}].dataset`, `There is no dataset ${suite.tasks[lacking]!.dataset}: upload it first.`);
      // One statement: a suite that is being deleted meanwhile is waited for, and then kept anew.
      const [row]: (Row & { readonly is_new: boolean })[] = await manager.query(
        `INSERT INTO signalbox.evaluation_suite AS kept (digest, name, content, created_by, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (digest) DO UPDATE SET last_used_at = greatest(kept.last_used_at, $5) RETURNING ${COLUMNS}, xmax = 0 AS is_new`,
        [digest, suite.name, content, createdBy, at],
      );
      const { is_new: isNew, ...stored } = row!;
      if (isNew) {
        await manager.query('INSERT INTO signalbox.evaluation_suite_dataset (suite, dataset) SELECT $1, unnest($2::text[])', [digest, datasets]);
        await appendAudit(manager, auditOf(digest));
      }
      return { stored: toSuite(stored), isNew };
    });
  }

  async find(digest: Sha256): Promise<StoredSuite | null> {
    const [row]: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.evaluation_suite WHERE digest = $1`, [digest]);
    return row ? toSuite(row) : null;
  }

  /** Newest first, of one name or all; `after` is the last of the page before. */
  async list(limit: number, after: { readonly createdAtMs: number; readonly digest: Sha256 } | null = null, name: string | null = null): Promise<readonly StoredSuite[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.evaluation_suite
       WHERE ($1::timestamptz IS NULL OR (created_at, digest) < ($1, $2::text)) AND ($3::text IS NULL OR name = $3) ORDER BY created_at DESC, digest DESC LIMIT $4`,
      [after && new Date(after.createdAtMs), after?.digest ?? null, name, limit],
    );
    return rows.map(toSuite);
  }
}

function toSuite(row: Row): StoredSuite {
  return { digest: row.digest, suite: JSON.parse(row.content) as Suite, createdBy: row.created_by, createdAtMs: row.created_at.getTime() };
}
