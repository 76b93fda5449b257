import { meter } from '#libs/platform/telemetry/metrics';
import { type Lag } from '#libs/store/detection/followed-ledger';

/** What of a request was not followed, and why. */
export type Unfollowed = 'past-retention' | 'unreadable' | 'not-watched' | 'not-kept';

/** Counters and gauges of following the record. */
export class FollowMetrics {
  readonly #requests = meter().createCounter('signalbox.detection.requests', { description: 'Recorded requests that the detectors have seen.' });
  readonly #unfollowed = meter().createCounter('signalbox.detection.unfollowed', {
    description: 'Recorded requests that the detectors did not see, by reason: past-retention, unreadable, not-watched (no baseline of the release, or too many streams), or not-kept (their traces are not recorded at this level of capture).',
  });
  readonly #skipped = meter().createCounter('signalbox.detection.skipped.batches', { description: 'Batches written by a version that did not say which requests they hold.' });
  readonly #errors = meter().createCounter('signalbox.detection.errors', { description: 'Rounds and freezes that failed and are tried again.' });
  #lag: Lag = { requests: 0, seconds: 0 };
  #streams = 0;
  #alarms = 0;

  constructor() {
    // From the start on, so that a rate over them shows the first one.
    this.#requests.add(0);
    for (const part of ['follow', 'freeze']) this.#errors.add(0, { part });
    const gauge = (name: string, description: string, read: () => number, unit = ''): void => {
      meter().createObservableGauge(name, { description, unit }).addCallback((result) => result.observe(read()));
    };
    gauge('signalbox.detection.behind.requests', 'Recorded requests that the detectors have not seen yet.', () => this.#lag.requests);
    gauge('signalbox.detection.behind.age', 'Age of the oldest batch that the detectors have not seen yet.', () => this.#lag.seconds, 's');
    gauge('signalbox.detection.streams', 'Streams that are followed: layers of releases, for all traffic and by segment.', () => this.#streams);
    gauge('signalbox.detection.alarms', 'Readings of usage and routing that are in alarm.', () => this.#alarms);
  }

  followed(requests: number): void {
    if (requests > 0) this.#requests.add(requests);
  }

  unfollowed(reason: Unfollowed, requests: number): void {
    if (requests > 0) this.#unfollowed.add(requests, { reason });
  }

  skipped(batches: number): void {
    if (batches > 0) this.#skipped.add(batches);
  }

  failed(part: 'follow' | 'freeze'): void {
    this.#errors.add(1, { part });
  }

  now(lag: Lag, streams: number, alarms: number): void {
    this.#lag = lag;
    this.#streams = streams;
    this.#alarms = alarms;
  }
}
