import { type ExpertEvidence } from '#libs/detection/reading/reading';

/** Something that was changed about the time an alert began. */
export interface NearbyChange {
  readonly kind: 'activation' | 'data-rules';
  readonly atMs: number;
  /** Such as `promote` or `generation 4`. */
  readonly what: string;
  readonly by: string;
  /** Release that was stable, canary or shadow after it; null for data rules. */
  readonly release: string | null;
}

/** How a person goes back. */
export interface WayBack {
  readonly kind: 'rollback' | 'abort-canary';
  readonly method: 'POST';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly command: string;
  /** Release that answers afterwards. */
  readonly to: string;
}

export type WayBackReason = 'became-active-after-baseline' | 'is-canary' | 'traffic-changed' | 'no-release' | 'not-serving' | 'nothing-before' | 'served-at-baseline' | 'never-activated';

/** What a person needs to understand an alert. JSON. */
export interface Finding {
  /** In plain words. */
  readonly summary: string;
  readonly signal: string;
  readonly model: string | null;
  readonly release: string | null;
  /** The first 12 digits. */
  readonly releaseShort: string | null;
  readonly layer: number | null;
  readonly experts: readonly ExpertEvidence[];
  /** Labels of the stream, where it is one of a segment. */
  readonly segment: Readonly<Record<string, string>> | null;
  /** About when it began, epoch milliseconds. */
  readonly sinceMs: number;
  readonly effect: { readonly value: number | null; readonly unit: string; readonly low: number | null; readonly high: number | null };
  readonly evidence: number | null;
  readonly baselineId: string | null;
  readonly requests: number | null;
  /** Within the hour before it began, newest first. */
  readonly changes: readonly NearbyChange[];
  readonly exampleRequestIds: readonly string[];
  readonly wayBack: WayBack | null;
  readonly wayBackReason: WayBackReason;
}
