import { type BatchObservableResult } from '@opentelemetry/api';
import { meter, SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type RoundOutcome } from './evaluate-round.ts';

const alerts = meter().createObservableGauge('signalbox.alerts', { description: 'Alerts that are not normal, by state and severity, as this process last saw them.' });
const duration = meter().createHistogram('signalbox.alert.evaluation.duration', { unit: 's', description: 'One evaluation of all rules.', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });
const failures = meter().createCounter('signalbox.alert.evaluation.errors', { description: 'Evaluations that failed: of a rule, or of a whole round.' });
const notifications = meter().createCounter('signalbox.alert.notifications', { description: 'Notifications that were put into the outbox.' });

/** Shows the life of alerts at /metrics. */
export class AlertMetrics {
  #standing: RoundOutcome['standing'] = [];

  start(): void {
    // Shown from the start, so that the first one counts as a rise.
    for (const kind of ['rule', 'round']) failures.add(0, { kind });
    notifications.add(0);
    meter().addBatchObservableCallback(this.#observe, [alerts]);
  }

  stop(): void {
    meter().removeBatchObservableCallback(this.#observe, [alerts]);
  }

  round({ standing, errors, notifications: sent }: RoundOutcome, seconds: number): void {
    this.#standing = standing;
    duration.record(seconds);
    if (errors.length > 0) failures.add(errors.length, { kind: 'rule' });
    if (sent > 0) notifications.add(sent);
  }

  failed(): void {
    failures.add(1, { kind: 'round' });
  }

  readonly #observe = (result: BatchObservableResult): void => {
    for (const { state, severity, count } of this.#standing) result.observe(alerts, count, { state, severity });
  };
}
