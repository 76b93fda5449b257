import { type LayerUsage, mergeUsage } from '#libs/trace/usage';
import { type Segment } from '#libs/contract/capture/request-record';
import { ALL_SEGMENTS, segmentKey } from '../capture/segments.ts';
import { type ReleaseOutline } from '../releases/release-outlines.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** What some requests of one release, segment and minute add up to; one LayerUsage for each layer. */
export interface UsageDelta {
  /** Start of the minute, epoch milliseconds. */
  readonly minuteMs: number;
  readonly releaseId: string;
  readonly segment: Segment;
  readonly layers: readonly LayerUsage[];
}

/** Usage of one transaction by release, segment and minute, with their short ids: a row of usage_recent. */
export interface RecentUsage {
  readonly bucketMs: number;
  readonly release: number;
  readonly segment: number;
  readonly layers: readonly LayerUsage[];
}

/** One cell of a roll-up table: its key and what is to be added to it. */
export interface RollUpRow {
  readonly bucketMs: number;
  readonly release: number;
  readonly segment: number;
  readonly layer: number;
  readonly usage: LayerUsage;
}

export interface RollUps {
  readonly minutes: readonly RollUpRow[];
  readonly hours: readonly RollUpRow[];
  /** By the hour and segment, for models whose pairs are counted. None of all segments: pairs are wide and asked for less often. */
  readonly pairHours: readonly RecentUsage[];
}

export interface ShortIds {
  readonly releases: ReadonlyMap<string, Pick<ReleaseOutline, 'number'>>;
  /** By segmentKey. */
  readonly segments: ReadonlyMap<string, number>;
}

/**
 * Sums deltas by release, segment and minute.
 * @throws Error naming a release or segment without a short id; RangeError for shapes that differ
 */
export function recentUsage(deltas: readonly UsageDelta[], ids: ShortIds): readonly RecentUsage[] {
  const sums = new Sums();
  for (const { minuteMs, releaseId, segment, layers } of deltas) {
    const release = ids.releases.get(releaseId)?.number;
    const segmentId = ids.segments.get(segmentKey(segment));
    if (release === undefined) throw new Error(`release ${releaseId} has no number`);
    if (segmentId === undefined) throw new Error(`segment ${segmentKey(segment)} has no number`);
    sums.add(minuteMs, release, segmentId, layers);
  }
  return sums.sorted();
}

/**
 * Sums recent usage into the rows that the database is to add: by minute and by hour, for the segment and
 * for all segments together, sorted by key.
 */
export function rollUps(recent: Iterable<RecentUsage>): RollUps {
  const minutes = new Sums();
  const hours = new Sums();
  for (const { bucketMs, release, segment, layers } of recent) {
    const hourMs = Math.floor(bucketMs / HOUR_MS) * HOUR_MS;
    const withoutPairs = layers.map((layer) => ({ ...layer, pairs: null }));
    minutes.add(bucketMs, release, segment, withoutPairs);
    minutes.add(bucketMs, release, ALL_SEGMENTS, withoutPairs);
    hours.add(hourMs, release, segment, layers);
    hours.add(hourMs, release, ALL_SEGMENTS, withoutPairs);
  }
  const hourSums = hours.sorted();
  return {
    minutes: rowsOf(minutes.sorted()),
    hours: rowsOf(hourSums),
    pairHours: hourSums.filter(({ layers }) => layers[0]?.pairs),
  };
}

function rowsOf(sums: readonly RecentUsage[]): RollUpRow[] {
  return sums.flatMap(({ layers, ...key }) => layers.map((usage, layer) => ({ ...key, layer, usage })));
}

/** Sums by key. The first usage of a key is copied only when a second comes. */
class Sums {
  private readonly byKey = new Map<string, { readonly sum: RecentUsage; readonly own: LayerUsage[] | null }>();

  add(bucketMs: number, release: number, segment: number, layers: readonly LayerUsage[]): void {
    const key = `${release}/${segment}/${bucketMs}`;
    const known = this.byKey.get(key);
    if (!known) {
      this.byKey.set(key, { sum: { bucketMs, release, segment, layers }, own: null });
      return;
    }
    let own = known.own;
    if (own === null) {
      own = known.sum.layers.map(copyOf);
      this.byKey.set(key, { sum: { ...known.sum, layers: own }, own });
    }
    mergeUsage(own, layers);
  }

  sorted(): RecentUsage[] {
    return [...this.byKey.values()]
      .map(({ sum }) => sum)
      .toSorted((a, b) => a.release - b.release || a.segment - b.segment || a.bucketMs - b.bucketMs);
  }
}

function copyOf(usage: LayerUsage): LayerUsage {
  return {
    ...usage,
    load: usage.load.slice(),
    gateMass: usage.gateMass.slice(),
    cross: usage.cross.slice(),
    confidence: usage.confidence.slice(),
    pairs: usage.pairs?.slice() ?? null,
  };
}
