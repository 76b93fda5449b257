import { type BatchObservableResult } from '@opentelemetry/api';
import { REVIEW_KINDS, type ReviewCount, type ReviewKind } from '#libs/detection/reviews/owed-review';
import { meter } from '#libs/platform/telemetry/metrics';

const owed = meter().createObservableGauge('signalbox.reviews.owed', { description: 'Reviews of broken glass (change), words on whether it stays (limit), and reviews of emergencies over protected experts (override) that nobody has given.' });
const overdue = meter().createObservableGauge('signalbox.reviews.overdue', { description: 'Those of the reviews owed whose due time has passed.' });
const errors = meter().createCounter('signalbox.reviews.errors', { description: 'Looks at the reviews owed that failed; they are tried again.' });
const GAUGES = [owed, overdue];

/** Shows at /metrics which reviews are owed. */
export class RemindMetrics {
  #counts: Readonly<Record<ReviewKind, ReviewCount>> | null = null;
  #hasShown = false;

  start(): void {
    // Shown from the start, so that the first one counts as a rise.
    errors.add(0);
    meter().addBatchObservableCallback(this.#observe, GAUGES);
  }

  stop(): void {
    meter().removeBatchObservableCallback(this.#observe, GAUGES);
  }

  /** @param counts null where another process looks: then it shows them, and not this one too */
  done(counts: Readonly<Record<ReviewKind, ReviewCount>> | null): void {
    this.#counts = counts;
  }

  failed(): void {
    errors.add(1);
  }

  readonly #observe = (result: BatchObservableResult): void => {
    if (this.#counts === null && !this.#hasShown) return;
    this.#hasShown = true;
    for (const kind of REVIEW_KINDS) {
      // The exporter repeats what was once observed: what another process counts now must not stand here too.
      result.observe(owed, this.#counts?.[kind].owed ?? NaN, { kind });
      result.observe(overdue, this.#counts?.[kind].overdue ?? NaN, { kind });
    }
  };
}
