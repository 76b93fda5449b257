import { type AlertTiming, type Labels } from '../alert/alert.ts';
import { type Matcher } from '../alert/matcher.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A limit that a reading must cross for a severity. `by` says whether its value or the whole of its interval must. */
export interface SeverityLimit {
  readonly severity: Severity;
  readonly is: 'above' | 'below';
  readonly limit: number;
  readonly by: 'value' | 'interval';
}

/** What a rule may do by itself when its alert fires; done once in each episode. */
export type RuleAction =
  | { readonly kind: 'abort-canary' }
  /** Opens a change request that would go back to the release before. */
  | { readonly kind: 'open-rollback-request' };

export interface AlertRule {
  readonly id: string;
  readonly name: string;
  /** Signal of libs/detection/reading. */
  readonly signal: string;
  /** Readings that it is about; none: all of the signal. */
  readonly matchers: readonly Matcher[];
  /** A reading breaches by the highest severity whose limit it crosses, if its own test, where it has one, alarms too. */
  readonly limits: readonly SeverityLimit[];
  readonly timing: AlertTiming;
  /** Added to the reading's labels. */
  readonly labels: Labels;
  /** Text for people: summary, description, runbook. */
  readonly annotations: Labels;
  readonly actions: readonly RuleAction[];
  readonly isEnabled: boolean;
}
