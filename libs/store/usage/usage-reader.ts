import { type DataSource } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';
import { ALL_SEGMENTS } from '../capture/segments.ts';
import { type LayerFigures, type UsageGroup, type UsageMatrix, type UsageQuery } from './usage-query.ts';
import { DIMENSIONS, type Statement, type UsageKeys, usageSql, type UsageSqlRow } from './usage-sql.ts';

/** Reads usage from the roll-ups. */
export class UsageReader {
  constructor(
    private readonly dataSource: DataSource,
    /** From where on minute roll-ups are kept, epoch milliseconds. */
    private readonly minutesSinceMs: () => number = () => -Infinity,
  ) {}

  /** @throws RangeError for an empty range, or for releases of different shapes in one group */
  async usageMatrix(query: UsageQuery): Promise<UsageMatrix> {
    const { range, sums, pairs } = usageSql(query, await this.keys(query));
    const rows: UsageSqlRow[] = await this.dataSource.query(sums.sql, sums.parameters);
    const groups = new Map<string, UsageGroup & { readonly layers: LayerFigures[] }>();
    for (const row of rows) {
      const key = JSON.stringify([row.release_id, row.tenant, row.task, row.language, row.bucket]);
      let group = groups.get(key);
      if (!group) {
        group = { releaseId: row.release_id, segment: labels(row), bucketMs: row.bucket?.getTime() ?? null, layers: [] };
        groups.set(key, group);
      }
      group.layers.push(toLayer(row));
    }
    if (pairs) await this.addPairs(pairs, groups);
    return { range, groups: [...groups.values()] };
  }

  private async keys({ of, segment, groupBy }: UsageQuery): Promise<UsageKeys> {
    const releases: { number: number }[] =
      'model' in of
        ? await this.dataSource.query('SELECT number FROM signalbox.release WHERE model = $1', [of.model])
        : await this.dataSource.query('SELECT number FROM signalbox.release WHERE id = ANY($1::text[])', [of.releaseIds]);
    const known = { releases: releases.map(({ number }) => number), minutesSinceMs: this.minutesSinceMs() };
    const wanted = DIMENSIONS.flatMap((name) => (segment?.[name] === undefined ? [] : [[name, segment[name]] as const]));
    if (wanted.length === 0 && (groupBy?.segment?.length ?? 0) === 0) return { ...known, segments: null };
    const segments: { id: number }[] = await this.dataSource.query(
      `SELECT id FROM signalbox.segment WHERE id <> ${ALL_SEGMENTS} ${wanted.map(([name], i) => `AND ${name} = $${i + 1}`).join(' ')}`,
      wanted.map(([, label]) => label),
    );
    return { ...known, segments: segments.map(({ id }) => id) };
  }

  private async addPairs(
    { sql, parameters }: Statement,
    groups: ReadonlyMap<string, UsageGroup & { readonly layers: LayerFigures[] }>,
  ): Promise<void> {
    const rows: (Pick<UsageSqlRow, 'release_id' | 'tenant' | 'task' | 'language' | 'bucket' | 'layer'> & { pairs: number[] })[] =
      await this.dataSource.query(sql, parameters);
    for (const row of rows) {
      const layers = groups.get(JSON.stringify([row.release_id, row.tenant, row.task, row.language, row.bucket]))?.layers;
      const index = layers?.findIndex(({ layer }) => layer === row.layer) ?? -1;
      const layer = layers?.[index];
      if (layers && layer) layers[index] = { ...layer, pairs: Float64Array.from(row.pairs) };
    }
  }
}

function labels(row: UsageSqlRow): Partial<Segment> {
  return {
    ...(row.tenant === null ? {} : { tenant: row.tenant }),
    ...(row.task === null ? {} : { task: row.task }),
    ...(row.language === null ? {} : { language: row.language }),
  };
}

function toLayer(row: UsageSqlRow): LayerFigures {
  if (row.experts !== row.least_experts) {
    throw new RangeError(`layer ${row.layer} has ${row.least_experts} experts in one release and ${row.experts} in another; group by release`);
  }
  return {
    layer: row.layer,
    load: Float64Array.from(row.load.slice(0, row.experts)),
    gateMass: Float64Array.from(row.gate_mass.slice(0, row.experts)),
    cross: Float64Array.from(row.cross_load.slice(0, row.experts)),
    confidence: Float64Array.from(row.confidence.slice(0, row.bins)),
    pairs: null,
    sumSquaresCells: row.sum_squares_cells,
    sumSquaresRequests: row.sum_squares_requests,
    tokens: row.tokens,
    requests: row.requests,
    droppedSelections: row.dropped_selections,
    dropped: row.dropped,
    rerouted: row.rerouted,
    masked: row.masked,
    fallback: row.fallback,
  };
}
