import { type Segment } from '#libs/contract/capture/request-record';
import { type LayerUsage } from '#libs/trace/usage';
import { type TimeRange } from './time-plan.ts';

export type SegmentDimension = keyof Segment;

export interface UsageQuery extends TimeRange {
  /** A model's releases, or these releases. */
  readonly of: { readonly model: string } | { readonly releaseIds: readonly string[] };
  /** null: all layers. */
  readonly layer?: number | null;
  /** Only requests with these labels; an empty text stands for requests that gave none. */
  readonly segment?: Partial<Segment>;
  readonly groupBy?: {
    readonly release?: boolean;
    readonly segment?: readonly SegmentDimension[];
    /** Points of a time line; the range is widened to whole ones. */
    readonly time?: 'minute' | 'hour' | 'day';
  };
  /** Also reads the pairs, from hour roll-ups: the range must then be on whole hours. */
  readonly pairs?: boolean;
}

export type LayerFigures = LayerUsage & { readonly layer: number };

export interface UsageGroup {
  /** null where the query does not group by release. */
  readonly releaseId: string | null;
  /** Holds just the labels grouped by. Requests beyond the limit of segments have `other` in each. */
  readonly segment: Partial<Segment>;
  /** Start of the point in time; null where the query has no time line. */
  readonly bucketMs: number | null;
  readonly layers: readonly LayerFigures[];
}

export interface UsageMatrix {
  /** The range in effect. */
  readonly range: TimeRange;
  /** In order of release, segment and time; layers ascending. Groups without usage are left out. */
  readonly groups: readonly UsageGroup[];
}
