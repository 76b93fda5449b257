import { type EntityManager } from 'typeorm';
import { type EvidenceRun } from '#libs/governance/protection/decide-protection';
import { type Suite } from '#libs/evaluation/suite/suite';

/** An expert that a concentration run proposes to protect, and why. */
export interface ProposedExpert {
  readonly layer: number;
  readonly expert: number;
  readonly reason: string;
}

/** A finished run, as evidence over experts. */
export interface StoredEvidenceRun extends EvidenceRun {
  readonly proposals: readonly ProposedExpert[];
  /** As layer/expert. */
  readonly proposed: readonly string[];
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly candidate: string;
  readonly result: string;
  readonly resultDigest: string;
  readonly suite: string;
}

/** What of a result is read here; runs of other kinds lack most of it. */
interface ReadResult {
  readonly verdict?: { readonly outcome?: string };
  readonly knockOuts?: readonly { readonly layer: number; readonly expert: number }[];
  readonly proposals?: readonly { readonly layer: number; readonly expert: number; readonly reasons?: readonly { readonly detail?: string }[] }[];
}

const COLUMNS = `r.id, r.kind, r.candidate, r.result, r.result_digest AS "resultDigest", s.content AS suite`;
/** Runs of a release looked at as evidence: more say no more. */
const MAX_RUNS = 200;
const MAX_REASON = 900;

/** A run that has succeeded; null: there is none of this id. */
export async function findEvidenceRun(manager: EntityManager, id: string): Promise<StoredEvidenceRun | null> {
  const rows: Row[] = await manager.query(
    `SELECT ${COLUMNS} FROM signalbox.evaluation_run AS r JOIN signalbox.evaluation_suite AS s ON s.digest = r.suite WHERE r.id = $1 AND r.state = 'succeeded'`,
    [id],
  );
  return rows[0] ? toRun(rows[0]) : null;
}

/** Runs of a release that have succeeded and are attached to a change request: by the digest of their result, or as what the API attaches. Newest first. */
export async function attachedRuns(manager: EntityManager, releaseId: string): Promise<readonly { readonly run: StoredEvidenceRun; readonly sha256: string }[]> {
  const rows: (Row & { readonly sha256: string })[] = await manager.query(
    `SELECT ${COLUMNS}, e.sha256 FROM signalbox.evaluation_run AS r JOIN signalbox.evaluation_suite AS s ON s.digest = r.suite
     JOIN signalbox.change_evidence AS e ON e.removed_at IS NULL AND (e.sha256 = r.result_digest OR strpos(e.content, '"evaluationId":"' || r.id || '"') > 0)
     WHERE r.candidate = $1 AND r.state = 'succeeded' AND r.kind IN ('suite', 'concentration') ORDER BY r.created_at DESC, r.id LIMIT ${MAX_RUNS}`,
    [releaseId],
  );
  return rows.map((row) => ({ run: toRun(row), sha256: row.sha256 }));
}

function toRun({ id, kind, candidate, result: text, resultDigest, suite }: Row): StoredEvidenceRun {
  const result = JSON.parse(text) as ReadResult;
  const { tasks } = JSON.parse(suite) as Suite;
  const name = ({ layer, expert }: { readonly layer: number; readonly expert: number }): string => `${layer}/${expert}`;
  const proposals = (kind === 'concentration' ? (result.proposals ?? []) : []).map(({ layer, expert, reasons = [] }) => ({
    layer, expert, reason: reasons.map(({ detail = '' }) => detail).join(' ').slice(0, MAX_REASON) || 'Proposed by a concentration run.',
  }));
  return {
    id, kind, candidate, resultDigest,
    outcome: result.verdict?.outcome ?? 'inconclusive',
    isOfSafety: tasks.some((task) => task.kind === 'safety'),
    leftOut: kind === 'concentration' ? (result.knockOuts ?? []).map(name) : [],
    proposals,
    proposed: proposals.map(name),
  };
}
