import { type DataSource } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';
import { type LayerFigures, type UsageGroup, type UsageMatrix, type UsageQuery } from './usage-query.ts';
import { usageSql, type UsageSqlRow } from './usage-sql.ts';

/** Reads usage from the roll-ups. */
export class UsageReader {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws RangeError for an empty range, or for releases of different shapes in one group */
  async usageMatrix(query: UsageQuery): Promise<UsageMatrix> {
    const { range, sql, parameters, pairs } = usageSql(query);
    const rows: UsageSqlRow[] = await this.dataSource.query(sql, parameters);
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

  private async addPairs(
    { sql, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] },
    groups: ReadonlyMap<string, UsageGroup & { readonly layers: LayerFigures[] }>,
  ): Promise<void> {
    const rows: (Pick<UsageSqlRow, 'release_id' | 'tenant' | 'task' | 'language' | 'bucket' | 'layer'> & { pairs: number[] })[] =
      await this.dataSource.query(sql, [...parameters]);
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
