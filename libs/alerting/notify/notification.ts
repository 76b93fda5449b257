import { type Labels } from '../alert/alert.ts';
import { type Severity } from '../rule/rule.ts';

/** One alert within a notification. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly ruleId: string;
  readonly ruleName: string;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** null while it fires. */
  readonly endsAtMs: number | null;
  /** dedupKey of rule, labels and episode: 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** Stable over episodes: of rule and labels. */
  readonly series: string;
  /** Where a person finds it in the API. */
  readonly url: string;
  /** What was found, for programs and for the text to people; JSON. */
  readonly finding: Readonly<Record<string, unknown>> | null;
}

/** What one receiver is told of one group of alerts at one time. */
export interface Notification {
  readonly id: string;
  readonly receiverId: string;
  /** Stable text for a receiver's group: notifications of one group arrive in the order of `sequence`. */
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** From 1 within receiver and group, without gaps. */
  readonly sequence: number;
  readonly reason: 'new-group' | 'new-alerts' | 'resolved' | 'repeat' | 'escalation' | 'test';
  /** `firing` while any alert of it fires. */
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly NotifiedAlert[];
  /** Alerts left out because of the limit. */
  readonly truncatedAlerts: number;
  readonly atMs: number;
}
