import { type DataSource, type EntityManager } from 'typeorm';
import { type AlertState, type Labels } from '#libs/alerting/alert/alert';
import { type Finding } from '#libs/alerting/finding/finding';
import { type Severity } from '#libs/alerting/rule/rule';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

export interface Acknowledgement {
  readonly by: string;
  readonly byName: string;
  readonly atMs: number;
  readonly note: string | null;
}

export interface StoredEpisode {
  readonly fingerprint: string;
  readonly series: string;
  readonly episode: number;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly severity: Severity;
  readonly beganAs: AlertState;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly finding: Finding | null;
  readonly notifications: number;
  readonly acknowledged: Acknowledgement | null;
}

export interface StoredAlert {
  readonly series: string;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly sinceMs: number;
  readonly value: number | null;
  readonly reason: string;
  readonly muted: { readonly reason: 'silenced' | 'inhibited'; readonly silenceId?: string; readonly by?: Labels } | null;
  /** The newest; null where it has not fired yet. */
  readonly newest: StoredEpisode | null;
}

export interface AlertFilter {
  /** null: all but normal ones. */
  readonly state: AlertState | null;
  readonly model: string | null;
  readonly signal: string | null;
  readonly severity: Severity | null;
  readonly limit: number;
  readonly after: { readonly sinceMs: number; readonly series: string } | null;
}

export interface EpisodeFilter {
  readonly model: string | null;
  readonly signal: string | null;
  readonly rule: string | null;
  readonly series: string | null;
  readonly severity: Severity | null;
  readonly limit: number;
  readonly after: { readonly startedAtMs: number; readonly fingerprint: string } | null;
}

export type AcknowledgeOutcome = 'done' | 'missing' | 'not-firing';

interface EpisodeRow {
  readonly fingerprint: string;
  readonly series: string;
  readonly episode: number;
  readonly rule_id: string;
  readonly rule_name: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly severity: Severity;
  readonly began_as: AlertState;
  readonly started_at: Date | string;
  readonly ended_at: Date | string | null;
  readonly finding: Finding | null;
  readonly notifications: number;
  readonly acknowledged_by: string | null;
  readonly acknowledged_name: string | null;
  readonly acknowledged_at: Date | string | null;
  readonly acknowledged_note: string | null;
}

interface Row {
  readonly series: string;
  readonly rule_id: string;
  readonly rule_name: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly since: Date;
  readonly reading_value: number | null;
  readonly reason: string;
  readonly muted: StoredAlert['muted'];
  readonly newest: EpisodeRow | null;
}

const FROM = 'SELECT a.*, to_jsonb(e) AS newest FROM signalbox.alert AS a LEFT JOIN signalbox.alert_episode AS e ON e.fingerprint = a.fingerprint';

/** Alerts as they are, their history, and who looks after them. */
export class Alerts {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest state first. */
  async list({ state, model, signal, severity, limit, after }: AlertFilter): Promise<readonly StoredAlert[]> {
    const rows: Row[] = await this.dataSource.query(
      `${FROM} WHERE (CASE WHEN $2::text IS NULL THEN a.state <> 'normal' ELSE a.state = $2 END) AND ($3::text IS NULL OR a.model = $3) AND ($4::text IS NULL OR a.signal = $4) AND ($5::text IS NULL OR a.severity = $5)
         AND ($6::timestamptz IS NULL OR (a.since, a.series) < ($6, $7))
       ORDER BY a.since DESC, a.series DESC LIMIT $1`,
      [limit, state, model, signal, severity, after && new Date(after.sinceMs), after?.series ?? null],
    );
    return rows.map(toAlert);
  }

  async find(series: string): Promise<StoredAlert | null> {
    const rows: Row[] = await this.dataSource.query(`${FROM} WHERE a.series = $1`, [series]);
    return rows[0] ? toAlert(rows[0]) : null;
  }

  /** Newest first. */
  async history({ model, signal, rule, series, severity, limit, after }: EpisodeFilter): Promise<readonly StoredEpisode[]> {
    const rows: EpisodeRow[] = await this.dataSource.query(
      `SELECT * FROM signalbox.alert_episode WHERE ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR signal = $3) AND ($4::text IS NULL OR rule_id = $4)
         AND ($7::text IS NULL OR series = $7) AND ($8::text IS NULL OR severity = $8)
         AND ($5::timestamptz IS NULL OR started_at < $5 OR (started_at = $5 AND fingerprint > $6))
       ORDER BY started_at DESC, fingerprint LIMIT $1`,
      [limit, model, signal, rule, after && new Date(after.startedAtMs), after?.fingerprint ?? null, series, severity],
    );
    return rows.map(toEpisode);
  }

  /** Of the episode that goes on; null takes the acknowledgement back. */
  async acknowledge(series: string, acknowledgement: Acknowledgement | null, audit: (before: StoredEpisode) => AuditEntry): Promise<AcknowledgeOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const [alert]: { fingerprint: string | null }[] = await manager.query('SELECT fingerprint FROM signalbox.alert WHERE series = $1', [series]);
      if (!alert) return 'missing';
      const before = alert.fingerprint === null ? null : await lockEpisode(manager, alert.fingerprint);
      if (!before || before.endedAtMs !== null) return 'not-firing';
      await manager.query('UPDATE signalbox.alert_episode SET acknowledged_by = $2, acknowledged_name = $3, acknowledged_at = $4, acknowledged_note = $5 WHERE fingerprint = $1', [
        before.fingerprint, acknowledgement?.by ?? null, acknowledgement?.byName ?? null, acknowledgement && new Date(acknowledgement.atMs), acknowledgement?.note ?? null,
      ]);
      await appendAudit(manager, audit(before));
      return 'done';
    });
  }
}

async function lockEpisode(manager: EntityManager, fingerprint: string): Promise<StoredEpisode | null> {
  const rows: EpisodeRow[] = await manager.query('SELECT * FROM signalbox.alert_episode WHERE fingerprint = $1 FOR UPDATE', [fingerprint]);
  return rows[0] ? toEpisode(rows[0]) : null;
}

const toMs = (time: Date | string): number => new Date(time).getTime();

function toEpisode(row: EpisodeRow): StoredEpisode {
  const { acknowledged_by: by, acknowledged_at: at } = row;
  return {
    fingerprint: row.fingerprint, series: row.series, episode: row.episode, ruleId: row.rule_id, ruleName: row.rule_name, signal: row.signal, labels: row.labels, severity: row.severity, beganAs: row.began_as,
    startedAtMs: toMs(row.started_at), endedAtMs: row.ended_at === null ? null : toMs(row.ended_at), finding: row.finding, notifications: row.notifications,
    acknowledged: by === null || at === null ? null : { by, byName: row.acknowledged_name ?? by, atMs: toMs(at), note: row.acknowledged_note },
  };
}

function toAlert(row: Row): StoredAlert {
  return {
    series: row.series, ruleId: row.rule_id, ruleName: row.rule_name, signal: row.signal, labels: row.labels, state: row.state, severity: row.severity, sinceMs: row.since.getTime(), value: row.reading_value,
    reason: row.reason, muted: row.muted, newest: row.newest && toEpisode(row.newest),
  };
}
