import { type Reading } from '#libs/detection/reading/reading';
import { matchesAll } from '../alert/matcher.ts';
import { type AlertRule, SEVERITIES, type Severity, type SeverityLimit } from './rule.ts';

/** What a rule makes of one reading, by name. */
export type RuleVerdict =
  | { readonly verdict: 'not-concerned'; readonly reason: 'other-signal' | 'disabled' | 'not-matched' }
  | { readonly verdict: 'unknown'; readonly reason: 'too-little-data' }
  | { readonly verdict: 'clear'; readonly reason: 'test-quiet' | 'within-limits' }
  | { readonly verdict: 'breached'; readonly reason: 'limit-crossed'; readonly severity: Severity; readonly limit: SeverityLimit };

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function worse(a: Severity, b: Severity): Severity {
  return severityRank(a) >= severityRank(b) ? a : b;
}

/**
 * Compares a reading with a rule's limits; of those crossed the highest severity counts. A rule without
 * matchers is about every reading of its signal.
 * @throws RangeError when the reading holds a number that is not finite
 */
export function evaluateRule(rule: AlertRule, reading: Reading): RuleVerdict {
  if (!rule.isEnabled) return { verdict: 'not-concerned', reason: 'disabled' };
  if (rule.signal !== reading.signal) return { verdict: 'not-concerned', reason: 'other-signal' };
  if (rule.matchers.length > 0 && !matchesAll(rule.matchers, reading.labels)) return { verdict: 'not-concerned', reason: 'not-matched' };
  const { value, interval, alarm } = reading;
  // Before the value: a test that is over, as of a release that answers no more, has none.
  if (value === null && alarm !== false) return { verdict: 'unknown', reason: 'too-little-data' };
  if (value === null) return { verdict: 'clear', reason: 'test-quiet' };
  if (!Number.isFinite(value) || (interval && !(Number.isFinite(interval.low) && Number.isFinite(interval.high)))) throw new RangeError(`the reading of ${reading.signal} holds a number that is not finite`);
  if (alarm === false) return { verdict: 'clear', reason: 'test-quiet' };
  const crossed = rule.limits.filter((limit) => crosses(limit, value, interval)).toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
  const [limit] = crossed;
  return limit ? { verdict: 'breached', reason: 'limit-crossed', severity: limit.severity, limit } : { verdict: 'clear', reason: 'within-limits' };
}

/** By the interval, all of it must lie beyond the limit; where there is none, the value must. */
function crosses({ is, limit, by }: SeverityLimit, value: number, interval: Reading['interval']): boolean {
  const bound = by === 'value' || interval === null ? value : is === 'above' ? interval.low : interval.high;
  return is === 'above' ? bound > limit : bound < limit;
}
