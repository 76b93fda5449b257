import { type DataSource, type EntityManager } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';
import { ALL_SEGMENTS } from '../capture/segments.ts';
import { UsageGroups } from './usage-groups.ts';
import { type SegmentDimension, type UsageMatrix, type UsageQuery } from './usage-query.ts';
import { type PairsRow, type RecentRow, type Statement, type SumsRow, type UsageKeys, usageSql } from './usage-sql.ts';

export const DIMENSIONS: readonly SegmentDimension[] = ['tenant', 'task', 'language'];

/** Reads usage from the roll-ups, and what is not folded into them yet. */
export class UsageReader {
  constructor(
    private readonly dataSource: DataSource,
    /** From where on minute roll-ups are kept, epoch milliseconds. */
    private readonly minutesSinceMs: () => number = () => -Infinity,
  ) {}

  /** @throws RangeError for an empty range, or for releases of different shapes in one group */
  async usageMatrix(query: UsageQuery): Promise<UsageMatrix> {
    // One snapshot: what a fold moves meanwhile must be seen once.
    return this.dataSource.transaction('REPEATABLE READ', (manager) => this.read(manager, query));
  }

  private async read(manager: EntityManager, query: UsageQuery): Promise<UsageMatrix> {
    const releases = await releasesOf(manager, query);
    const segments = await segmentsOf(manager, query);
    const parts = segments && (query.groupBy?.segment?.length ?? 0) > 0 ? partsOf(segments, query.groupBy?.segment ?? []) : null;
    const keys: UsageKeys = {
      releases: releases.map(({ number }) => number),
      experts: Math.max(1, ...releases.map(({ experts }) => experts)),
      segments: segments?.map(({ id }) => id) ?? null,
      parts: parts?.numbers ?? null,
      minutesSinceMs: this.minutesSinceMs(),
    };
    const statements = usageSql(query, keys);
    const rows = async <T>({ sql, parameters }: Statement): Promise<readonly T[]> => manager.query<readonly T[]>(sql, parameters);
    const groups = new UsageGroups(query);
    groups.addRolledUp(await rows<SumsRow>(statements.sums));
    const partBySegment = parts && new Map(keys.segments?.map((id, i) => [id, parts.numbers[i] ?? 0]));
    const partOf = (segment: number) => partBySegment?.get(segment) ?? 0;
    if (statements.pairs) groups.addPairs(await rows<PairsRow>(statements.pairs), partOf);
    groups.addRecent(await rows<RecentRow>(statements.recent), partOf);
    const releaseIds = new Map(releases.map(({ number, id }) => [number, id]));
    return {
      range: statements.range,
      groups: groups.sorted(
        (release) => releaseIds.get(release) ?? null,
        (part) => parts?.labels[part] ?? {},
      ),
    };
  }
}

function releasesOf(manager: EntityManager, { of }: UsageQuery): Promise<{ id: string; number: number; experts: number }[]> {
  const outline = `SELECT id, number, (manifest->'shape'->>'experts')::int AS experts FROM signalbox.release`;
  return 'model' in of
    ? manager.query(`${outline} WHERE model = $1`, [of.model])
    : manager.query(`${outline} WHERE id = ANY($1::text[])`, [of.releaseIds]);
}

/** The segments asked for; null where the query is of all. */
async function segmentsOf(manager: EntityManager, { segment, groupBy }: UsageQuery): Promise<readonly (Segment & { id: number })[] | null> {
  const wanted = DIMENSIONS.flatMap((name) => (segment?.[name] === undefined ? [] : [[name, segment[name]] as const]));
  if (wanted.length === 0 && (groupBy?.segment?.length ?? 0) === 0) return null;
  return manager.query(
    `SELECT id, tenant, task, language FROM signalbox.segment
     WHERE id <> ${ALL_SEGMENTS} ${wanted.map(([name], i) => `AND ${name} = $${i + 1}`).join(' ')}`,
    wanted.map(([, label]) => label),
  );
}

/** Numbers the distinct labels of these segments in the dimensions grouped by. */
function partsOf(segments: readonly Segment[], dimensions: readonly SegmentDimension[]) {
  const labels: Partial<Segment>[] = [];
  const known = new Map<string, number>();
  const numbers = segments.map((segment) => {
    const label = Object.fromEntries(DIMENSIONS.filter((name) => dimensions.includes(name)).map((name) => [name, segment[name]]));
    const key = JSON.stringify(label);
    const number = known.get(key) ?? labels.push(label) - 1;
    known.set(key, number);
    return number;
  });
  return { numbers, labels };
}
