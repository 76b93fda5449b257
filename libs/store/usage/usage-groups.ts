import { type Segment } from '#libs/contract/capture/request-record';
import { addLayerUsage, type LayerUsage } from '#libs/trace/usage';
import { DAY_MS } from '../capture/days.ts';
import { unpackPairs, unpackUsage } from './packed-usage.ts';
import { HOUR_MS, MINUTE_MS } from './roll-up.ts';
import { type UsageGroup, type UsageQuery } from './usage-query.ts';
import { type GroupColumns, type PairsRow, type RecentRow, type SumsRow } from './usage-sql.ts';

const STEP_MS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

interface Group {
  readonly release: number;
  readonly part: number;
  readonly bucketMs: number | null;
  readonly layers: Map<number, LayerUsage>;
}

/** Puts the answer to a usage query together from rows of the roll-ups and of recent usage. */
export class UsageGroups {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly query: Pick<UsageQuery, 'groupBy' | 'layer'>) {}

  addRolledUp(rows: readonly SumsRow[]): void {
    for (const row of rows) {
      const { layers } = this.group(row);
      const known = layers.get(row.layer);
      const usage = toLayer(row);
      if (!known) layers.set(row.layer, usage);
      else if (known.load.length !== usage.load.length) throw shapesDiffer(row.layer, known.load.length, usage.load.length);
      else addLayerUsage(known, usage);
    }
    // What was taken off again may have been all there was.
    for (const { layers } of this.groups.values()) for (const [layer, { requests }] of layers) if (requests === 0) layers.delete(layer);
  }

  addPairs(rows: readonly PairsRow[], partOf: (segment: number) => number): void {
    for (const row of rows) {
      const { layers } = this.groupOf(row, partOf);
      for (const [layer, pairs] of unpackPairs(row.pairs).entries()) {
        const known = layers.get(layer);
        if (known?.pairs?.length === pairs.length) addAll(known.pairs, pairs);
        else if (known) layers.set(layer, { ...known, pairs });
      }
    }
  }

  addRecent(rows: readonly RecentRow[], partOf: (segment: number) => number): void {
    const wanted = this.query.layer ?? null;
    for (const row of rows) {
      const { layers } = this.groupOf(row, partOf);
      for (const [layer, usage] of unpackUsage(row.usage, row.pairs).entries()) {
        if (wanted !== null && wanted !== layer) continue;
        const known = layers.get(layer);
        if (!known) layers.set(layer, usage);
        else if (known.load.length !== usage.load.length) throw shapesDiffer(layer, known.load.length, usage.load.length);
        else addLayerUsage(known, usage);
      }
    }
  }

  /** In order of release, labels and time; layers ascending. Groups without usage are left out. */
  sorted(releaseIdOf: (release: number) => string | null, labelsOf: (part: number) => Partial<Segment>): UsageGroup[] {
    return [...this.groups.values()]
      .filter(({ layers }) => layers.size > 0)
      .map(({ release, part, bucketMs, layers }) => {
        const ascending = [...layers].toSorted(([a], [b]) => a - b);
        return { releaseId: releaseIdOf(release), segment: labelsOf(part), bucketMs, layers: ascending.map(([layer, usage]) => ({ layer, ...usage })) };
      })
      .toSorted(
        (a, b) =>
          compare(a.releaseId ?? '', b.releaseId ?? '') ||
          compare(a.segment.tenant ?? '', b.segment.tenant ?? '') ||
          compare(a.segment.task ?? '', b.segment.task ?? '') ||
          compare(a.segment.language ?? '', b.segment.language ?? '') ||
          (a.bucketMs ?? 0) - (b.bucketMs ?? 0),
      );
  }

  private groupOf(row: Omit<PairsRow, 'pairs'>, partOf: (segment: number) => number): Group {
    const { groupBy } = this.query;
    const stepMs = groupBy?.time ? STEP_MS[groupBy.time] : null;
    const bucket = stepMs === null ? null : new Date(Math.floor(row.bucket.getTime() / stepMs) * stepMs);
    return this.group({ release: groupBy?.release ? row.release : 0, part: partOf(row.segment), bucket });
  }

  private group({ release, part, bucket }: Omit<GroupColumns, 'layer'>): Group {
    const bucketMs = bucket?.getTime() ?? null;
    const key = `${release}/${part}/${bucketMs}`;
    let group = this.groups.get(key);
    if (!group) {
      group = { release, part, bucketMs, layers: new Map() };
      this.groups.set(key, group);
    }
    return group;
  }
}

function addAll(into: Float64Array, values: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i]! += values[i]!;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function shapesDiffer(layer: number, some: number, others: number): RangeError {
  return new RangeError(`layer ${layer} has ${some} experts in one release and ${others} in another; group by release`);
}

function toLayer(row: SumsRow): LayerUsage {
  const { sign } = row;
  if (row.experts !== row.least_experts) throw shapesDiffer(row.layer, row.least_experts, row.experts);
  // Adding 0 turns -0 into 0.
  const signed = (values: readonly number[]) => Float64Array.from(values, (value) => sign * value + 0);
  return {
    load: signed(row.load.slice(0, row.experts)),
    gateMass: signed(row.gate_mass.slice(0, row.experts)),
    cross: signed(row.cross_load.slice(0, row.experts)),
    confidence: signed(row.confidence),
    pairs: null,
    sumSquaresCells: sign * row.sum_squares_cells,
    sumSquaresRequests: sign * row.sum_squares_requests,
    tokens: sign * row.tokens,
    requests: sign * row.requests,
    droppedSelections: sign * row.dropped_selections,
    dropped: sign * row.dropped,
    rerouted: sign * row.rerouted,
    masked: sign * row.masked,
    fallback: sign * row.fallback,
  };
}
