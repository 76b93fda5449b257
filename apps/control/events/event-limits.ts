/** Bounds of streams of events. */
export interface EventLimits {
  /** Time between two looks for changes, while somebody listens. */
  readonly pollMs: number;
  /** A comment goes to each listener so often. */
  readonly heartbeatMs: number;
  /** How often it is checked that a listener may still listen. */
  readonly checkMs: number;
  readonly streams: number;
  readonly streamsOfAccount: number;
  /** A listener that leaves more than this untaken is cut off. */
  readonly unreadBytes: number;
}

export const EVENT_LIMITS = Symbol('EventLimits');
export const DEFAULT_EVENT_LIMITS: EventLimits = { pollMs: 1000, heartbeatMs: 15_000, checkMs: 10_000, streams: 500, streamsOfAccount: 20, unreadBytes: 16 * 1024 };
