import { type DataSource, type EntityManager } from 'typeorm';
import { decideDatasetRemoval, decideRunRemoval, decideSuiteRemoval, type DatasetRemoval, type RunFacts, type RunRemoval, type SuiteRemoval } from '#libs/governance/retention/decide-removal';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

type Removal<Decision> = { readonly outcome: 'not-found' } | Decision;

/** Names given where something stands in the way. */
const MAX_NAMED = 10;

/** Removes what evaluations are made of, on somebody's word: each with its audit entry, which says what there was. */
export class EvaluationRemoval {
  constructor(private readonly dataSource: DataSource) {}

  async run(id: string, audit: AuditEntry): Promise<Removal<RunRemoval>> {
    return this.dataSource.transaction(async (manager) => {
      const [before]: object[] = await manager.query(
        `SELECT kind, candidate, reference, suite, state, requested_by AS "requestedBy", created_at AS "createdAt", result_digest AS "resultSha256" FROM signalbox.evaluation_run WHERE id = $1 FOR UPDATE`,
        [id],
      );
      if (!before) return { outcome: 'not-found' };
      const [facts] = await runFacts(manager, [id]);
      const decision = decideRunRemoval(facts!);
      if (decision.outcome === 'keep') return decision;
      await manager.query('DELETE FROM signalbox.evaluation_run WHERE id = $1', [id]);
      await appendAudit(manager, { ...audit, before });
      return decision;
    });
  }

  /** Its datasets stay; those that no other suite names go by age. */
  async suite(digest: Sha256, audit: AuditEntry): Promise<Removal<SuiteRemoval>> {
    return this.dataSource.transaction(async (manager) => {
      // Whoever asks for a run of it writes the same row first.
      const [before]: object[] = await manager.query(`SELECT name, created_by AS "createdBy", created_at AS "createdAt" FROM signalbox.evaluation_suite WHERE digest = $1 FOR UPDATE`, [digest]);
      if (!before) return { outcome: 'not-found' };
      const [facts]: { runs: number; openRuns: number }[] = await manager.query(
        `SELECT count(*)::int AS runs, count(*) FILTER (WHERE state IN ('queued', 'running'))::int AS "openRuns" FROM signalbox.evaluation_run WHERE suite = $1`,
        [digest],
      );
      const decision = decideSuiteRemoval(facts!);
      if (decision.outcome === 'keep') return decision;
      await deleteSuites(manager, [digest]);
      await appendAudit(manager, { ...audit, before });
      return decision;
    });
  }

  async dataset(sha256: Sha256, audit: AuditEntry): Promise<Removal<DatasetRemoval>> {
    return this.dataSource.transaction(async (manager) => {
      // Whoever keeps a suite locks the rows of its datasets first.
      const [before]: object[] = await manager.query(`SELECT items, bytes AS "sizeBytes", created_by AS "createdBy", created_at AS "createdAt" FROM signalbox.evaluation_dataset WHERE sha256 = $1 FOR UPDATE`, [sha256]);
      if (!before) return { outcome: 'not-found' };
      const suites: { name: string }[] = await manager.query(
        `SELECT s.name FROM signalbox.evaluation_suite_dataset AS d JOIN signalbox.evaluation_suite AS s ON s.digest = d.suite WHERE d.dataset = $1 ORDER BY s.created_at DESC, s.digest LIMIT ${MAX_NAMED}`,
        [sha256],
      );
      const decision = decideDatasetRemoval({ suites: suites.map(({ name }) => name) });
      if (decision.outcome === 'keep') return decision;
      await manager.query('DELETE FROM signalbox.evaluation_dataset WHERE sha256 = $1', [sha256]);
      await appendAudit(manager, { ...audit, before });
      return decision;
    });
  }
}

/** Deletes suites that no run names. */
export async function deleteSuites(manager: EntityManager, digests: readonly Sha256[]): Promise<void> {
  await manager.query('DELETE FROM signalbox.evaluation_suite_dataset WHERE suite = ANY($1)', [digests]);
  await manager.query('DELETE FROM signalbox.evaluation_suite WHERE digest = ANY($1)', [digests]);
}

/** What hangs on runs. Evidence that was taken back from a request does not count: the request kept a copy of what it was. */
export async function runFacts(manager: EntityManager, ids: readonly string[]): Promise<readonly (RunFacts & { readonly id: string })[]> {
  return manager.query(
    `SELECT r.id, r.state IN ('queued', 'running') AS "isOpen",
       ARRAY(SELECT DISTINCT c.number FROM signalbox.change_evidence AS e JOIN signalbox.change_request AS c ON c.id = e.change_id
             WHERE e.removed_at IS NULL AND (e.evaluations @> ARRAY[r.id] OR e.sha256 = r.result_digest) ORDER BY c.number LIMIT ${MAX_NAMED}) AS changes,
       ARRAY(SELECT concat(p.model, ' ', p.layer, '/', p.expert) FROM signalbox.protected_expert AS p WHERE p.evaluation = r.id ORDER BY p.model, p.layer, p.expert LIMIT ${MAX_NAMED}) AS protects,
       ARRAY(SELECT DISTINCT o.model FROM signalbox.protection_override AS o WHERE o.evaluation = r.id ORDER BY o.model LIMIT ${MAX_NAMED}) AS overrides,
       ARRAY(SELECT DISTINCT m.model FROM signalbox.compatibility_record AS m WHERE m.evidence_sha256 = r.result_digest ORDER BY m.model LIMIT ${MAX_NAMED}) AS compatibility
     FROM signalbox.evaluation_run AS r WHERE r.id = ANY($1::uuid[])`,
    [ids],
  );
}
