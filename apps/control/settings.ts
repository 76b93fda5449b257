export const CONTROL_SETTINGS = Symbol('ControlSettings');

/** What the management API needs of the configuration. */
export interface ControlSettings {
  /** Aggregates over fewer requests than this are withheld. */
  readonly minRequests: number;
  /** Days for which traces are kept. */
  readonly retentionDays: number;
  /** Version of Signalbox, for the API's description. */
  readonly version: string;
  /** Clock, epoch milliseconds. */
  readonly now: () => number;
}
