/** How the detector bets. Only `beta` and the threshold bound false alarms; the rest is a matter of delay. */
export interface DetectorSettings {
  /** Memories of the running mean that the bets follow, in requests. */
  readonly halfLivesRequests: readonly number[];
  readonly betSizes: readonly number[];
  /** Bets are clipped to this many standard deviations on either side. */
  readonly clip: number;
  /** Probability that the baseline's bounds fail, for the whole life of the stream. */
  readonly beta: number;
  /** A direction is chosen anew after this share of its half-life. */
  readonly updateShare: number;
  /** And no sooner than after so many requests. */
  readonly minUpdateRequests: number;
  /** A direction is kept while it gains so many times what a new one should. Above 1: its own gain is counted with its noise. */
  readonly keepShare: number;
  /** Bet only while the running mean is this many standard deviations beyond what its noise shows. */
  readonly noiseFactor: number;
}

export const DEFAULT_DETECTOR: DetectorSettings = {
  halfLivesRequests: [10, 40, 160, 640],
  betSizes: [0.05, 0.1, 0.2, 0.3],
  clip: 3,
  beta: 0.01,
  updateShare: 0.25,
  minUpdateRequests: 5,
  keepShare: 1.4,
  noiseFactor: 1.5,
};

/**
 * Threshold that keeps a budget of false alarms: streams x requests of a stream in a month over the
 * alarms allowed in a month. Each stream then raises at most requests/threshold false alarms on average.
 */
export function alarmThreshold(streams: number, requestsPerStreamMonth: number, alarmsPerMonth: number): number {
  return (streams * requestsPerStreamMonth) / alarmsPerMonth;
}
