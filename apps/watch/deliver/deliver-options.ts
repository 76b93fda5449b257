/** How deliveries are made. */
export interface DeliverOptions {
  readonly now: () => number;
  /** By which people reach this Signalbox. */
  readonly externalUrl: string;
  /** Deliveries of this process at the same time. */
  readonly concurrency: number;
  /** Time between two looks at the outbox while nothing calls for one. */
  readonly pollMs: number;
  /** Multiplies the waits of the retry schedule: 1, but for tests. */
  readonly scheduleScale: number;
}
