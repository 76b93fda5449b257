import { type DataSource } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';
import { LOCKS } from '../locks.ts';

/** Row of the roll-ups that sums all segments. */
export const ALL_SEGMENTS = 0;
/** Segment of what comes once the number of segments is at its limit. */
export const OTHER_SEGMENT = 1;

export function segmentKey({ tenant, task, language }: Segment): string {
  return JSON.stringify([tenant, task, language]);
}

/**
 * Short ids of segments. Labels come from requests, so their number is bounded: at the limit, new ones
 * count as OTHER_SEGMENT. Ids are given in transactions of their own; one without traffic does no harm.
 */
export class Segments {
  private readonly ids = new Map<string, number>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly limit: number,
  ) {}

  /** Ids by segmentKey. */
  async resolve(segments: Iterable<Segment>): Promise<ReadonlyMap<string, number>> {
    const wanted = new Map([...segments].map((segment) => [segmentKey(segment), segment]));
    const missing = [...wanted].filter(([key]) => !this.ids.has(key)).map(([, segment]) => segment);
    if (missing.length > 0 && this.ids.size < this.limit) await this.add(missing);
    return new Map([...wanted.keys()].map((key) => [key, this.ids.get(key) ?? OTHER_SEGMENT]));
  }

  private async add(missing: readonly Segment[]): Promise<void> {
    const rows = await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.segments]);
      await manager.query(
        `INSERT INTO signalbox.segment (tenant, task, language)
         SELECT tenant, task, language FROM unnest($1::text[], $2::text[], $3::text[]) AS new(tenant, task, language)
         WHERE NOT EXISTS (SELECT FROM signalbox.segment AS old WHERE NOT old.reserved
           AND (old.tenant, old.task, old.language) = (new.tenant, new.task, new.language))
         LIMIT greatest(0, $4 - (SELECT count(*) FROM signalbox.segment WHERE NOT reserved))`,
        [missing.map(({ tenant }) => tenant), missing.map(({ task }) => task), missing.map(({ language }) => language), this.limit],
      );
      const all: (Segment & { id: number })[] = await manager.query(
        'SELECT id, tenant, task, language FROM signalbox.segment WHERE NOT reserved',
      );
      return all;
    });
    for (const row of rows) this.ids.set(segmentKey(row), row.id);
  }
}
