import { type Reading } from '#libs/detection/reading/reading';
import { type Alert, isFiring, type Labels, newAlert, type Observation } from '../alert/alert.ts';
import { seriesLabels } from '../alert/labels.ts';
import { stepAlert } from '../alert/step-alert.ts';
import { evaluateRule, worse } from '../rule/evaluate-rule.ts';
import { type AlertRule, type Severity } from '../rule/rule.ts';
import { alertKey } from './step-rules.ts';

/** An episode that a rule would have had. */
export interface ReplayedEpisode {
  readonly labels: Labels;
  readonly startedAtMs: number;
  /** null: still firing at the end. */
  readonly endedAtMs: number | null;
  readonly beganAs: 'alerting' | 'no-data' | 'error';
  /** The highest; null where no limit was crossed. */
  readonly severity: Severity | null;
  /** The reading furthest from zero while it fired. */
  readonly peakValue: number | null;
}

interface Course {
  alert: Alert;
  open: (Omit<ReplayedEpisode, 'endedAtMs'> & { readonly endedAtMs: null }) | null;
  readonly done: ReplayedEpisode[];
}

/**
 * What a rule would have done over recorded readings, by the clock of the readings. Silence between
 * two readings counts as no data once it is longer than the rule allows.
 * @param readings oldest first; others than those of the rule are skipped
 */
export function replayRule(rule: AlertRule, readings: readonly Reading[], untilMs: number): readonly ReplayedEpisode[] {
  const enabled = { ...rule, isEnabled: true };
  const courses = new Map<string, Course>();
  for (const reading of readings) {
    const verdict = evaluateRule(enabled, reading);
    if (verdict.verdict === 'not-concerned') continue;
    const labels = seriesLabels(rule, reading.labels);
    const key = alertKey(rule.id, labels);
    const course = courses.get(key) ?? { alert: newAlert(rule.id, labels, reading.atMs), open: null, done: [] };
    courses.set(key, course);
    passTime(course, rule, reading.atMs);
    const { atMs } = reading;
    if (verdict.verdict === 'unknown') step(course, rule, { kind: 'nothing', atMs }, null, null);
    else step(course, rule, { kind: verdict.verdict === 'breached' ? 'breached' : 'clear', atMs }, verdict.verdict === 'breached' ? verdict.severity : null, reading.value);
  }
  for (const course of courses.values()) passTime(course, rule, untilMs);
  return [...courses.values()].flatMap(({ done, open }) => (open ? [...done, open] : done)).toSorted((a, b) => a.startedAtMs - b.startedAtMs);
}

/** What time alone does before the next reading: the end of a recovery, or no data. */
function passTime(course: Course, rule: AlertRule, untilMs: number): void {
  const { alert } = course;
  const ends = alert.state === 'recovering' && alert.lastBreachMs !== null ? alert.lastBreachMs + rule.timing.keepFiringForMs : Number.POSITIVE_INFINITY;
  const silent = alert.lastObservedMs + rule.timing.noDataAfterMs;
  for (const atMs of [ends, silent].filter((one) => one < untilMs).toSorted((a, b) => a - b)) step(course, rule, { kind: 'nothing', atMs }, null, null);
}

function step(course: Course, rule: AlertRule, observation: Observation, severity: Severity | null, value: number | null): void {
  const { alert, event } = stepAlert(course.alert, observation, rule.timing);
  course.alert = alert;
  if (event.type === 'resolved' && course.open) {
    course.done.push({ ...course.open, endedAtMs: observation.atMs });
    course.open = null;
    return;
  }
  if (!isFiring(alert.state)) return;
  const beganAs = alert.state === 'no-data' || alert.state === 'error' ? alert.state : 'alerting';
  const open = course.open ?? { labels: alert.labels, startedAtMs: observation.atMs, endedAtMs: null, beganAs, severity: null, peakValue: null };
  const peak = value !== null && Math.abs(value) > Math.abs(open.peakValue ?? 0) ? value : open.peakValue;
  course.open = { ...open, severity: severity === null ? open.severity : open.severity === null ? severity : worse(open.severity, severity), peakValue: peak };
}
