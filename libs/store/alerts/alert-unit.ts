import { type EntityManager } from 'typeorm';
import { type AlertState, type Labels } from '#libs/alerting/alert/alert';
import { type Finding } from '#libs/alerting/finding/finding';
import { type MuteDecision } from '#libs/alerting/notify/mute';
import { type ToldGroup } from '#libs/alerting/notify/plan-notifications';
import { type TrackedAlert } from '#libs/alerting/round/step-rules';
import { type RuleAction, type Severity } from '#libs/alerting/rule/rule';
import { LOCKS } from '../locks.ts';

/** An alert as its row holds it. */
export interface AlertRow extends TrackedAlert {
  /** Of rule and labels: the id of the alert. */
  readonly series: string;
  readonly ruleName: string;
  readonly signal: string;
  /** Of the newest episode; null where there was none. */
  readonly fingerprint: string | null;
  readonly muted: Extract<MuteDecision, { muted: true }> | null;
}

/** One time that an alert fired. */
export interface Episode {
  readonly fingerprint: string;
  readonly series: string;
  readonly episode: number;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly beganAs: AlertState;
  readonly severity: Severity;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly finding: Finding | null;
  readonly isAcknowledged: boolean;
}

export interface RequestedAction {
  readonly id: string;
  readonly fingerprint: string;
  readonly kind: RuleAction['kind'];
  readonly model: string;
  readonly releaseId: string;
  readonly atMs: number;
}

interface StoredAlertRow {
  readonly series: string;
  readonly rule_id: string;
  readonly rule_name: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly episode: number;
  readonly fingerprint: string | null;
  readonly since: Date;
  readonly breached_since: Date | null;
  readonly last_breach: Date | null;
  readonly last_observed: Date;
  readonly reading_value: number | null;
  readonly reason: string;
  readonly muted: AlertRow['muted'];
}

interface EpisodeRow {
  readonly fingerprint: string;
  readonly series: string;
  readonly episode: number;
  readonly rule_id: string;
  readonly rule_name: string;
  readonly signal: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly began_as: AlertState;
  readonly severity: Severity;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly finding: Finding | null;
  readonly acknowledged_at: Date | null;
}

interface GroupRow {
  readonly receiver_id: string;
  readonly group_key: string;
  readonly group_labels: Labels;
  readonly timing: ToldGroup['timing'];
  readonly opened_at: Date;
  readonly notified_at: Date | null;
  readonly told_firing: readonly string[];
}

const EPISODE = 'fingerprint, series, episode, rule_id, rule_name, signal, labels, annotations, began_as, severity, started_at, ended_at, finding, acknowledged_at';

/** What one evaluation reads and writes, all in one transaction. */
export class AlertUnit {
  /** @param manager of a running transaction */
  constructor(readonly manager: EntityManager) {}

  /** Whether this transaction is the one that evaluates, until it ends. */
  async lock(): Promise<boolean> {
    const [row]: { mine: boolean }[] = await this.manager.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCKS.alerts]);
    return row?.mine === true;
  }

  /** Alerts that are not normal. */
  async tracked(): Promise<readonly AlertRow[]> {
    const rows: StoredAlertRow[] = await this.manager.query(`SELECT * FROM signalbox.alert WHERE state <> 'normal'`);
    return rows.map(toAlert);
  }

  /** Number of the newest episode of each series that had one. */
  async lastEpisodes(series: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows: { series: string; last: number }[] = await this.manager.query('SELECT series, max(episode) AS last FROM signalbox.alert_episode WHERE series = ANY($1) GROUP BY series', [series]);
    return new Map(rows.map(({ series: one, last }) => [one, last]));
  }

  async episodes(fingerprints: readonly string[]): Promise<ReadonlyMap<string, Episode>> {
    const rows: EpisodeRow[] = await this.manager.query(`SELECT ${EPISODE} FROM signalbox.alert_episode WHERE fingerprint = ANY($1)`, [fingerprints]);
    return new Map(rows.map((row) => [row.fingerprint, toEpisode(row)]));
  }

  async groups(): Promise<readonly ToldGroup[]> {
    const rows: GroupRow[] = await this.manager.query('SELECT * FROM signalbox.alert_group');
    return rows.map((row) => ({
      receiverId: row.receiver_id, groupKey: row.group_key, groupLabels: row.group_labels, timing: row.timing,
      openedAtMs: row.opened_at.getTime(), notifiedAtMs: row.notified_at?.getTime() ?? null, toldFiring: row.told_firing,
    }));
  }

  async saveAlerts(alerts: readonly AlertRow[]): Promise<void> {
    if (alerts.length === 0) return;
    const rows = alerts.map((alert) => ({
      series: alert.series, rule_id: alert.ruleId, rule_name: alert.ruleName, signal: alert.signal, model: alert.labels['model'] ?? '', labels: alert.labels,
      state: alert.state, severity: alert.severity, episode: alert.episode, fingerprint: alert.fingerprint, since: iso(alert.sinceMs), breached_since: iso(alert.breachedSinceMs),
      last_breach: iso(alert.lastBreachMs), last_observed: iso(alert.lastObservedMs), reading_value: alert.value, reason: alert.reason, muted: alert.muted,
    }));
    await this.manager.query(
      `INSERT INTO signalbox.alert SELECT * FROM jsonb_populate_recordset(NULL::signalbox.alert, $1)
       ON CONFLICT (series) DO UPDATE SET rule_name = EXCLUDED.rule_name, state = EXCLUDED.state, severity = EXCLUDED.severity, episode = EXCLUDED.episode, fingerprint = EXCLUDED.fingerprint,
         since = EXCLUDED.since, breached_since = EXCLUDED.breached_since, last_breach = EXCLUDED.last_breach, last_observed = EXCLUDED.last_observed, reading_value = EXCLUDED.reading_value,
         reason = EXCLUDED.reason, muted = EXCLUDED.muted`,
      [JSON.stringify(rows)],
    );
  }

  /** Alerts that have been normal since before that; their episodes stay. */
  async forget(beforeMs: number): Promise<void> {
    await this.manager.query(`DELETE FROM signalbox.alert WHERE state = 'normal' AND since < $1`, [new Date(beforeMs)]);
  }

  async beginEpisode(one: Omit<Episode, 'endedAtMs' | 'isAcknowledged'>): Promise<void> {
    await this.manager.query(
      `INSERT INTO signalbox.alert_episode (fingerprint, series, episode, rule_id, rule_name, signal, model, labels, annotations, began_as, severity, started_at, finding)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        one.fingerprint, one.series, one.episode, one.ruleId, one.ruleName, one.signal, one.labels['model'] ?? '', JSON.stringify(one.labels), JSON.stringify(one.annotations), one.beganAs, one.severity,
        new Date(one.startedAtMs), one.finding && JSON.stringify(one.finding),
      ],
    );
  }

  async refreshEpisode(fingerprint: string, severity: Severity, finding: Finding | null): Promise<void> {
    await this.manager.query('UPDATE signalbox.alert_episode SET severity = $2, finding = coalesce($3, finding) WHERE fingerprint = $1', [fingerprint, severity, finding && JSON.stringify(finding)]);
  }

  async endEpisodes(fingerprints: readonly string[], atMs: number): Promise<void> {
    if (fingerprints.length > 0) await this.manager.query('UPDATE signalbox.alert_episode SET ended_at = $2 WHERE fingerprint = ANY($1)', [fingerprints, new Date(atMs)]);
  }

  async countNotified(fingerprints: readonly string[]): Promise<void> {
    if (fingerprints.length > 0) await this.manager.query('UPDATE signalbox.alert_episode SET notifications = notifications + 1 WHERE fingerprint = ANY($1)', [fingerprints]);
  }

  /** Writes the groups that are other than before, and takes away those that are over. */
  async saveGroups(before: readonly ToldGroup[], after: readonly ToldGroup[]): Promise<void> {
    const old = new Map(before.map((group) => [groupId(group), JSON.stringify(group)]));
    for (const group of after) {
      const known = old.get(groupId(group));
      old.delete(groupId(group));
      if (known === JSON.stringify(group)) continue;
      await this.manager.query(
        `INSERT INTO signalbox.alert_group (receiver_id, group_key, group_labels, timing, opened_at, notified_at, told_firing) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (receiver_id, group_key) DO UPDATE SET timing = EXCLUDED.timing, opened_at = EXCLUDED.opened_at, notified_at = EXCLUDED.notified_at, told_firing = EXCLUDED.told_firing`,
        [group.receiverId, group.groupKey, JSON.stringify(group.groupLabels), JSON.stringify(group.timing), new Date(group.openedAtMs), group.notifiedAtMs === null ? null : new Date(group.notifiedAtMs), JSON.stringify(group.toldFiring)],
      );
    }
    for (const group of before.filter((one) => old.has(groupId(one)))) await this.manager.query('DELETE FROM signalbox.alert_group WHERE receiver_id = $1 AND group_key = $2', [group.receiverId, group.groupKey]);
  }

  /** Once in each episode; the runner of the control role does it. */
  async requestAction({ id, fingerprint, kind, model, releaseId, atMs }: RequestedAction): Promise<void> {
    await this.manager.query(
      `INSERT INTO signalbox.alert_action (id, fingerprint, kind, model, release_id, state, requested_at) VALUES ($1, $2, $3, $4, $5, 'requested', $6) ON CONFLICT (fingerprint, kind) DO NOTHING`,
      [id, fingerprint, kind, model, releaseId, new Date(atMs)],
    );
  }
}

function groupId({ receiverId, groupKey }: ToldGroup): string {
  return JSON.stringify([receiverId, groupKey]);
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function toAlert(row: StoredAlertRow): AlertRow {
  return {
    series: row.series, ruleId: row.rule_id, ruleName: row.rule_name, signal: row.signal, labels: row.labels, state: row.state, severity: row.severity, episode: row.episode, fingerprint: row.fingerprint,
    sinceMs: row.since.getTime(), breachedSinceMs: row.breached_since?.getTime() ?? null, lastBreachMs: row.last_breach?.getTime() ?? null, lastObservedMs: row.last_observed.getTime(),
    value: row.reading_value, reason: row.reason, muted: row.muted,
  };
}

function toEpisode(row: EpisodeRow): Episode {
  return {
    fingerprint: row.fingerprint, series: row.series, episode: row.episode, ruleId: row.rule_id, ruleName: row.rule_name, signal: row.signal, labels: row.labels, annotations: row.annotations, beganAs: row.began_as,
    severity: row.severity, startedAtMs: row.started_at.getTime(), endedAtMs: row.ended_at?.getTime() ?? null, finding: row.finding, isAcknowledged: row.acknowledged_at !== null,
  };
}
