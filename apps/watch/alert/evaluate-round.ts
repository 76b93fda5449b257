import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { type AlertState, isFiring } from '#libs/alerting/alert/alert';
import { alertLabels } from '#libs/alerting/alert/labels';
import { type Finding } from '#libs/alerting/finding/finding';
import { explainFinding } from '#libs/alerting/finding/explain-finding';
import { dedupKey } from '#libs/alerting/notify/group';
import { planNotifications } from '#libs/alerting/notify/plan-notifications';
import { type AlertChange, alertKey, type RuleError, stepRules } from '#libs/alerting/round/step-rules';
import { severityRank } from '#libs/alerting/rule/evaluate-rule';
import { type Severity } from '#libs/alerting/rule/rule';
import { type Reading } from '#libs/detection/reading/reading';
import { readRules } from '#libs/store/alerts/alert-rules';
import { type AlertRow, AlertUnit, type Episode } from '#libs/store/alerts/alert-unit';
import { type FindingFacts, readFindingFacts } from '#libs/store/alerts/finding-facts';
import { readPolicy } from '#libs/store/alerts/notification-policies';
import { silencesAt } from '#libs/store/alerts/silences';
import { sendNotifications } from './send-notifications.ts';

/** Readings of one page; the table hands out at most this many. */
const PAGE = 10_000;
/** More label sets than this are not looked at; the round says so. */
const MAX_READINGS = 200_000;
/** A normal alert is listed for this long after it resolved. */
const LISTED_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface CurrentReadings {
  current(filter: { readonly signals?: readonly string[]; readonly after?: { readonly signal: string; readonly labelsKey: string } }, limit: number): Promise<readonly Reading[]>;
}

export interface RoundInput {
  readonly dataSource: DataSource;
  readonly readings: CurrentReadings;
  /** Names a label set in the order of the readings' table. */
  readonly labelsKey: (labels: Reading['labels']) => string;
  readonly nowMs: number;
  /** Where people reach the API, without a path; null: links are paths. */
  readonly publicUrl: string | null;
}

export interface RoundOutcome {
  /** Alerts that are not normal, by state and severity. */
  readonly standing: readonly { readonly state: AlertState; readonly severity: Severity; readonly count: number }[];
  readonly errors: readonly RuleError[];
  readonly notifications: number;
  /** Receivers that the policy names and that are gone. */
  readonly lostReceivers: readonly string[];
  readonly isTruncated: boolean;
}

/**
 * Evaluates all rules once. What alerts have become, their episodes, what receivers were told and what
 * they are to be told are one transaction: a process that is killed leaves all of it or nothing.
 * Null while another process is doing it.
 */
export async function evaluateRound({ dataSource, readings, labelsKey, nowMs, publicUrl }: RoundInput): Promise<RoundOutcome | null> {
  return dataSource.transaction(async (manager) => {
    const unit = new AlertUnit(manager);
    if (!(await unit.lock())) return null;
    const rules = await readRules(manager);
    const signals = [...new Set(rules.filter(({ isEnabled }) => isEnabled).map(({ signal }) => signal))];
    const { all, isTruncated } = await readAll(readings, labelsKey, signals);
    const tracked = await unit.tracked();
    const { changes, errors } = await inPieces(stepRules(rules, [...all, watchdogReading(nowMs)], tracked, nowMs));

    const known = new Map(tracked.map((row) => [alertKey(row.ruleId, row.labels), row]));
    const rows = await toRows(unit, changes, known);
    const groups = await unit.groups();
    const episodes = new Map(await unit.episodes([...rows.flatMap(({ row }) => row.fingerprint ?? []), ...groups.flatMap(({ toldFiring }) => toldFiring.map((told) => told.split('/')[0] ?? ''))]));
    await keepEpisodes(unit, rows, episodes, nowMs);

    const firing = rows.filter(({ row }) => isFiring(row.state)).map(({ row }) => row);
    const plan = planNotifications({
      firing: firing.map((row) => {
        const episode = episodes.get(row.fingerprint ?? '');
        return { fingerprint: row.fingerprint ?? '', labels: alertLabels(row), severity: row.severity, startedAtMs: episode?.startedAtMs ?? nowMs, isAcknowledged: episode?.isAcknowledged ?? false };
      }),
      groups, silences: await silencesAt(manager, nowMs), policy: (await readPolicy(manager)).policy, nowMs,
    });
    await unit.saveAlerts(rows.map(({ row }) => ({ ...row, muted: (isFiring(row.state) ? plan.muted.get(row.fingerprint ?? '') : null) ?? null })));
    await unit.forget(nowMs - LISTED_MS);
    const lostReceivers = await sendNotifications(unit, plan, groups, episodes, { nowMs, publicUrl });
    return { standing: count(rows.map(({ row }) => row)), errors, notifications: plan.notifications.length, lostReceivers, isTruncated };
  });
}

interface ChangedRow {
  readonly row: AlertRow;
  readonly change: AlertChange;
}

/** Readings come in pages, in the order of signal and labels. */
async function readAll(readings: CurrentReadings, labelsKey: RoundInput['labelsKey'], signals: readonly string[]): Promise<{ readonly all: readonly Reading[]; readonly isTruncated: boolean }> {
  const all: Reading[] = [];
  let after: { signal: string; labelsKey: string } | undefined;
  for (;;) {
    const page = await readings.current({ signals, ...(after ? { after } : {}) }, PAGE);
    for (const reading of page) all.push(reading);
    const last = page.at(-1);
    if (page.length < PAGE || !last) return { all, isTruncated: false };
    if (all.length >= MAX_READINGS) return { all, isTruncated: true };
    after = { signal: last.signal, labelsKey: labelsKey(last.labels) };
  }
}

/** It has no detector: that rules are evaluated and told of is what it says. */
function watchdogReading(nowMs: number): Reading {
  return { signal: 'watchdog', labels: {}, atMs: nowMs, value: 1, interval: null, alarm: null, evidence: null, detail: {} };
}

async function inPieces<T>(work: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await breathe();
  }
}

async function toRows(unit: AlertUnit, changes: readonly AlertChange[], known: ReadonlyMap<string, AlertRow>): Promise<readonly ChangedRow[]> {
  const seriesOf = ({ after }: AlertChange): string => dedupKey(after.ruleId, after.labels, 0);
  const fresh = changes.filter(({ before }) => before === null);
  const last = fresh.length === 0 ? new Map<string, number>() : await unit.lastEpisodes(fresh.map(seriesOf));
  return changes.map((change) => {
    const { after, before, event, rule, reading } = change;
    const old = known.get(alertKey(after.ruleId, after.labels));
    const series = old?.series ?? seriesOf(change);
    // An alert that was normal is not kept: its episodes go on counting from those that are written down.
    const episode = after.episode + (before === null ? (last.get(series) ?? 0) : 0);
    const fingerprint = event.type === 'fired' || (before === null && episode > 0) ? dedupKey(after.ruleId, after.labels, episode) : (old?.fingerprint ?? null);
    return { row: { ...after, episode, series, fingerprint, ruleName: rule?.name ?? old?.ruleName ?? after.ruleId, signal: old?.signal ?? reading?.signal ?? rule?.signal ?? '', muted: old?.muted ?? null }, change };
  });
}

/** Begins, refreshes and ends episodes, in the database and in `episodes`; asks for the actions of rules. */
async function keepEpisodes(unit: AlertUnit, rows: readonly ChangedRow[], episodes: Map<string, Episode>, nowMs: number): Promise<void> {
  const facts = new Map<string, FindingFacts>();
  const ended: string[] = [];
  for (const { row, change } of rows) {
    const { before, event, rule } = change;
    const { fingerprint } = row;
    if (fingerprint === null) continue;
    const seen = episodes.get(fingerprint);
    if (event.type === 'fired' && rule) {
      const begun: Episode = {
        fingerprint, series: row.series, episode: row.episode, ruleId: row.ruleId, ruleName: row.ruleName, signal: row.signal, labels: row.labels, annotations: rule.annotations,
        beganAs: row.state, severity: row.severity, startedAtMs: nowMs, endedAtMs: null, finding: await findingOf(unit, { row, change }, nowMs, facts), isAcknowledged: false,
      };
      await unit.beginEpisode(begun);
      episodes.set(fingerprint, begun);
    } else if (event.type === 'resolved' && seen) {
      ended.push(fingerprint);
      episodes.set(fingerprint, { ...seen, endedAtMs: nowMs });
    } else if (seen && before && isFiring(row.state) && (severityRank(row.severity) > severityRank(before.severity) || becameAlerting(change))) {
      const finding = (await findingOf(unit, { row, change }, seen.startedAtMs, facts)) ?? seen.finding;
      await unit.refreshEpisode(fingerprint, row.severity, finding);
      episodes.set(fingerprint, { ...seen, severity: row.severity, finding });
    }
    if (row.state === 'alerting' && (event.type === 'fired' || becameAlerting(change))) await requestActions(unit, { row, change }, fingerprint, nowMs);
  }
  await unit.endEpisodes(ended, nowMs);
}

/** After no data or an error: only now the condition itself is seen. */
function becameAlerting({ before, after }: AlertChange): boolean {
  return after.state === 'alerting' && (before?.state === 'no-data' || before?.state === 'error');
}

async function requestActions(unit: AlertUnit, { row, change }: ChangedRow, fingerprint: string, nowMs: number): Promise<void> {
  const { model, release } = row.labels;
  if (model === undefined || release === undefined) return;
  for (const { kind } of change.rule?.actions ?? []) await unit.requestAction({ id: randomUUID(), fingerprint, kind, model, releaseId: release, atMs: nowMs });
}

async function findingOf(unit: AlertUnit, { row, change: { rule, reading } }: ChangedRow, startedAtMs: number, known: Map<string, FindingFacts>): Promise<Finding | null> {
  if (!reading || !rule) return null;
  const { model, release } = reading.labels;
  const query = { release: release ?? null, baselineId: reading.detail.baselineId ?? null, fromMs: Math.min(reading.detail.sinceMs ?? startedAtMs, startedAtMs) - HOUR_MS, toMs: startedAtMs };
  const key = JSON.stringify([model, query]);
  const facts = known.get(key) ?? (model === undefined ? { changes: [], serving: null } : await readFindingFacts(unit.manager, { model, ...query }));
  known.set(key, facts);
  return explainFinding({ rule, state: row.state, message: row.reason, severity: row.severity, reading, startedAtMs, ...facts });
}

function count(rows: readonly AlertRow[]): RoundOutcome['standing'] {
  const groups = Map.groupBy(rows.filter(({ state }) => state !== 'normal'), ({ state, severity }) => `${state}/${severity}`);
  return [...groups.values()].flatMap(([first, ...rest]) => (first ? { state: first.state, severity: first.severity, count: rest.length + 1 } : []));
}
