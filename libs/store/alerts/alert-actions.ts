import { type DataSource, type EntityManager } from 'typeorm';
import { type RuleAction } from '#libs/alerting/rule/rule';

export interface AlertAction {
  readonly id: string;
  readonly fingerprint: string;
  readonly kind: RuleAction['kind'];
  readonly model: string;
  readonly releaseId: string;
  readonly state: 'requested' | 'done' | 'refused' | 'failed';
  readonly outcome: Readonly<Record<string, unknown>> | null;
  readonly requestedAtMs: number;
  readonly endedAtMs: number | null;
}

/** An action that is to be done, with what its alert says. */
export interface OpenAction extends AlertAction {
  readonly series: string;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly summary: string | null;
}

interface Row {
  readonly id: string;
  readonly fingerprint: string;
  readonly kind: RuleAction['kind'];
  readonly model: string;
  readonly release_id: string;
  readonly state: AlertAction['state'];
  readonly outcome: AlertAction['outcome'];
  readonly requested_at: Date;
  readonly ended_at: Date | null;
}

type OpenRow = Row & { readonly series: string; readonly rule_id: string; readonly rule_name: string; readonly summary: string | null };

/** What rules do by themselves. Rows are written with their alerts, and settled by the control role. */
export class AlertActions {
  constructor(private readonly dataSource: DataSource) {}

  async of(fingerprint: string): Promise<readonly AlertAction[]> {
    const rows: Row[] = await this.dataSource.query('SELECT * FROM signalbox.alert_action WHERE fingerprint = $1 ORDER BY requested_at, kind', [fingerprint]);
    return rows.map(toAction);
  }

  /** Oldest first. */
  async open(limit: number): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.dataSource.query(`SELECT id FROM signalbox.alert_action WHERE state = 'requested' ORDER BY requested_at, id LIMIT $1`, [limit]);
    return rows.map(({ id }) => id);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** The action, held until the transaction ends; null where it is settled or another process is at it. */
  async lock(manager: EntityManager, id: string): Promise<OpenAction | null> {
    const rows: OpenRow[] = await manager.query(
      `SELECT a.*, e.series, e.rule_id, e.rule_name, e.finding->>'summary' AS summary FROM signalbox.alert_action AS a JOIN signalbox.alert_episode AS e USING (fingerprint)
       WHERE a.id = $1 AND a.state = 'requested' FOR UPDATE OF a SKIP LOCKED`,
      [id],
    );
    const [row] = rows;
    return row ? { ...toAction(row), series: row.series, ruleId: row.rule_id, ruleName: row.rule_name, summary: row.summary } : null;
  }

  async settle(manager: EntityManager, id: string, state: Exclude<AlertAction['state'], 'requested'>, outcome: Readonly<Record<string, unknown>>, atMs: number): Promise<void> {
    await manager.query('UPDATE signalbox.alert_action SET state = $2, outcome = $3, ended_at = $4 WHERE id = $1', [id, state, JSON.stringify(outcome), new Date(atMs)]);
  }
}

function toAction(row: Row): AlertAction {
  return { id: row.id, fingerprint: row.fingerprint, kind: row.kind, model: row.model, releaseId: row.release_id, state: row.state, outcome: row.outcome, requestedAtMs: row.requested_at.getTime(), endedAtMs: row.ended_at?.getTime() ?? null };
}
