import { type LayerUsage, emptyUsage, mergeUsage } from '#libs/trace/usage';
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
  /** Like hours, without the row of all segments: pairs are wide and asked for less often. */
  readonly pairHours: readonly RollUpRow[];
}

export interface ShortIds {
  readonly releases: ReadonlyMap<string, Pick<ReleaseOutline, 'number'>>;
  /** By segmentKey. */
  readonly segments: ReadonlyMap<string, number>;
}

/**
 * Sums deltas into the rows that the database is to add: by minute and by hour, for the segment and for
 * all segments together. Rows come sorted by key, so that concurrent writers lock them in one order.
 * @throws Error naming a release or segment without a short id; RangeError for shapes that differ
 */
export function rollUps(deltas: readonly UsageDelta[], ids: ShortIds): RollUps {
  const minutes = new Sums();
  const hours = new Sums();
  for (const delta of deltas) {
    const release = ids.releases.get(delta.releaseId)?.number;
    const segment = ids.segments.get(segmentKey(delta.segment));
    if (release === undefined) throw new Error(`release ${delta.releaseId} has no number`);
    if (segment === undefined) throw new Error(`segment ${segmentKey(delta.segment)} has no number`);
    const hourMs = Math.floor(delta.minuteMs / HOUR_MS) * HOUR_MS;
    for (const each of [segment, ALL_SEGMENTS]) {
      minutes.add(delta.minuteMs, release, each, delta.layers);
      hours.add(hourMs, release, each, delta.layers);
    }
  }
  const hourRows = hours.rows();
  return {
    minutes: minutes.rows(),
    hours: hourRows,
    pairHours: hourRows.filter(({ segment, usage }) => segment !== ALL_SEGMENTS && usage.pairs !== null),
  };
}

interface Sum {
  readonly bucketMs: number;
  readonly release: number;
  readonly segment: number;
  readonly layers: LayerUsage[];
}

class Sums {
  private readonly byKey = new Map<string, Sum>();

  add(bucketMs: number, release: number, segment: number, layers: readonly LayerUsage[]): void {
    const key = `${release}/${segment}/${bucketMs}`;
    let sum = this.byKey.get(key);
    if (!sum) {
      sum = { bucketMs, release, segment, layers: emptyUsage(layers.length, layers[0]?.load.length ?? 0) };
      this.byKey.set(key, sum);
    }
    mergeUsage(sum.layers, layers);
  }

  rows(): RollUpRow[] {
    return [...this.byKey.values()]
      .toSorted((a, b) => a.release - b.release || a.segment - b.segment || a.bucketMs - b.bucketMs)
      .flatMap(({ layers, ...key }) => layers.map((usage, layer) => ({ ...key, layer, usage })));
  }
}
