import { type Alert } from '../../api/gen/types.gen.ts';
import { placeText, textLabels } from '../parts/labels.ts';

export interface AlertGroup {
  readonly key: string;
  readonly rule: Alert['rule'];
  readonly signal: string;
  readonly model: string | null;
  readonly release: string | null;
  /** The highest of its alerts. */
  readonly severity: Alert['severity'];
  /** When the first of them came into its state. */
  readonly since: string;
  /** By place. */
  readonly alerts: readonly Alert[];
}

const RANK: Readonly<Record<Alert['severity'], number>> = { critical: 0, warning: 1, info: 2 };
const byPlace = new Intl.Collator('en', { numeric: true });

/** Alerts of one rule, model and release together, the worst and then the newest first: a router change that alarms in ten layers is one thing to look at. */
export function groupAlerts(alerts: readonly Alert[]): readonly AlertGroup[] {
  const groups = Map.groupBy(alerts, (alert) => {
    const { model = '', release = '' } = textLabels(alert.labels);
    return JSON.stringify([alert.rule.id, model, release]);
  });
  return [...groups]
    .map(([key, all]): AlertGroup => {
      const [first] = all;
      const labels = textLabels(first!.labels);
      return {
        key, rule: first!.rule, signal: first!.signal, model: labels['model'] ?? null, release: labels['release'] ?? null,
        severity: all.map(({ severity }) => severity).toSorted((a, b) => RANK[a] - RANK[b])[0]!,
        since: all.map(({ since }) => since).toSorted()[0]!,
        alerts: all.toSorted((a, b) => byPlace.compare(placeText(textLabels(a.labels)), placeText(textLabels(b.labels)))),
      };
    })
    .toSorted((a, b) => RANK[a.severity] - RANK[b.severity] || (a.since < b.since ? 1 : -1));
}

/** Always fires, by design: it is no news. */
export function isWatchdog({ signal }: Pick<Alert, 'signal'>): boolean {
  return signal === 'watchdog';
}
