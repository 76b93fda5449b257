import { type Reading } from '#libs/detection/reading/reading';
import { type Alert, isFiring, newAlert, type Observation } from '../alert/alert.ts';
import { labelText, seriesLabels } from '../alert/labels.ts';
import { type AlertEvent, stepAlert } from '../alert/step-alert.ts';
import { evaluateRule, type RuleVerdict, worse } from '../rule/evaluate-rule.ts';
import { type AlertRule, type Severity } from '../rule/rule.ts';

/** An alert with what is known of its episode. */
export interface TrackedAlert extends Alert {
  /** The highest of the episode; of no meaning while it is normal. */
  readonly severity: Severity;
  readonly value: number | null;
  /** Why it is in its state, by name. */
  readonly reason: string;
}

export interface AlertChange {
  /** null where it is new. */
  readonly before: TrackedAlert | null;
  readonly after: TrackedAlert;
  readonly event: AlertEvent;
  /** null when its rule or its reading is gone. */
  readonly rule: AlertRule | null;
  readonly reading: Reading | null;
}

/** A rule that could not be evaluated. */
export interface RuleError {
  readonly ruleId: string;
  readonly message: string;
}

export interface RuleStep {
  /** Alerts that are not plainly normal, each as it is now. */
  readonly changes: readonly AlertChange[];
  readonly errors: readonly RuleError[];
}

/** Severity of no data and of errors: they say nothing of how bad it is. */
const UNKNOWN_SEVERITY: Severity = 'warning';
/** Between two looks at the clock. */
const CHUNK = 500;

export function alertKey(ruleId: string, labels: Alert['labels']): string {
  return `${ruleId}\n${labelText(labels)}`;
}

/**
 * One evaluation of all rules over all readings, in pieces: the generator yields after some hundred
 * readings so that its caller can let others run. Tracked alerts are those that were not normal.
 * A tracked alert whose reading is gone is clear; one whose rule is gone or disabled ends at once.
 */
export function* stepRules(rules: readonly AlertRule[], readings: readonly Reading[], tracked: readonly TrackedAlert[], nowMs: number): Generator<undefined, RuleStep> {
  const known = new Map(tracked.map((alert) => [alertKey(alert.ruleId, alert.labels), alert]));
  const bySignal = Map.groupBy(rules.filter(({ isEnabled }) => isEnabled), ({ signal }) => signal);
  const changes: AlertChange[] = [];
  const errors = new Map<string, RuleError>();
  let looked = 0;
  for (const reading of readings) {
    for (const rule of bySignal.get(reading.signal) ?? []) {
      const { verdict, message } = attempt(rule, reading);
      if (message !== null) errors.set(rule.id, { ruleId: rule.id, message });
      if (verdict?.verdict === 'not-concerned') continue;
      const labels = seriesLabels(rule, reading.labels);
      const key = alertKey(rule.id, labels);
      const before = known.get(key) ?? null;
      known.delete(key);
      const change = stepOne(before, rule, labels, reading, verdict, message, nowMs);
      if (before || change.after.state !== 'normal') changes.push(change);
    }
    looked += 1;
    if (looked % CHUNK === 0) yield;
  }
  const ruleOf = new Map(rules.map((rule) => [rule.id, rule]));
  for (const before of known.values()) changes.push(stepOrphan(before, ruleOf.get(before.ruleId) ?? null, nowMs));
  return { changes, errors: [...errors.values()] };
}

function attempt(rule: AlertRule, reading: Reading): { readonly verdict: RuleVerdict | null; readonly message: string | null } {
  try {
    return { verdict: evaluateRule(rule, reading), message: null };
  } catch (error) {
    return { verdict: null, message: error instanceof Error ? error.message : String(error) };
  }
}

function stepOne(before: TrackedAlert | null, rule: AlertRule, labels: Alert['labels'], reading: Reading, verdict: RuleVerdict | null, message: string | null, nowMs: number): AlertChange {
  const fresh: TrackedAlert = before ?? { ...newAlert(rule.id, labels, nowMs), severity: UNKNOWN_SEVERITY, value: null, reason: 'new' };
  const isStale = nowMs - reading.atMs >= rule.timing.noDataAfterMs;
  const observation = observe(verdict, message, isStale, nowMs);
  // What was last observed is what the reading says, not when it was looked at.
  const seen = observation.kind === 'nothing' && verdict?.verdict !== 'unknown' ? { ...fresh, lastObservedMs: Math.min(fresh.lastObservedMs, reading.atMs) } : fresh;
  const { alert, event } = stepAlert(seen, observation, rule.timing);
  const severity = severityNow(fresh, isFiring(alert.state) && isFiring(fresh.state), verdict, alert);
  const reason = message ?? (alert.state === 'no-data' ? 'no-data' : (verdict?.reason ?? 'error'));
  return { before, after: { ...alert, severity, value: reading.value, reason }, event, rule, reading };
}

function observe(verdict: RuleVerdict | null, message: string | null, isStale: boolean, atMs: number): Observation {
  if (message !== null) return { kind: 'error', atMs, message };
  if (isStale || verdict?.verdict === 'unknown') return { kind: 'nothing', atMs };
  return { kind: verdict?.verdict === 'breached' ? 'breached' : 'clear', atMs };
}

/** The highest of the episode, so that what got better does not look harmless; a pending alert has the one of now. */
function severityNow(before: TrackedAlert, goesOn: boolean, verdict: RuleVerdict | null, alert: Alert): Severity {
  const now = verdict?.verdict === 'breached' ? verdict.severity : alert.state === 'no-data' || alert.state === 'error' ? UNKNOWN_SEVERITY : null;
  if (goesOn || alert.state === 'normal') return now === null ? before.severity : worse(before.severity, now);
  return now ?? before.severity;
}

function stepOrphan(before: TrackedAlert, rule: AlertRule | null, nowMs: number): AlertChange {
  const isOff = rule === null || !rule.isEnabled;
  const timing = isOff ? { forMs: 0, keepFiringForMs: 0, noDataAfterMs: Number.MAX_SAFE_INTEGER } : rule.timing;
  const { alert, event } = stepAlert(before, { kind: 'clear', atMs: Math.max(nowMs, before.lastObservedMs) }, timing);
  return { before, after: { ...alert, severity: before.severity, value: isOff ? before.value : null, reason: isOff ? 'rule-off' : 'reading-gone' }, event, rule, reading: null };
}
