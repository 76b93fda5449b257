import { type DataSource } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';
import { ALL_SEGMENTS, OTHER_SEGMENT } from '../capture/segments.ts';
import { baselineInForce } from './baseline.ts';
import { adoptedBaselines } from './baselines.ts';

/** Sets of labels looked at; traffic with more knows no unseen ones. */
const MAX_SEGMENTS = 20_000;

export interface SegmentsOf {
  readonly model: string;
  readonly releaseId: string;
  readonly layers: number;
  readonly experts: number;
}

/** Which labels the traffic of baselines had. */
export class SeenSegments {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The label sets that requests had in the time of the baseline in force, whole hours. null where there is no
   * baseline, or where the labels were too many to be told apart: then nothing counts as new.
   */
  async of({ model, releaseId, layers, experts }: SegmentsOf): Promise<readonly Segment[] | null> {
    const baseline = baselineInForce(await adoptedBaselines(this.dataSource.manager), model, releaseId, { layers, experts });
    if (baseline === null) return null;
    const rows: (Segment & { id: number })[] = await this.dataSource.query(
      `SELECT s.id, s.tenant, s.task, s.language FROM signalbox.segment AS s
       WHERE s.id <> ${ALL_SEGMENTS} AND EXISTS (
         SELECT FROM signalbox.usage_hour AS u WHERE u.segment = s.id AND u.layer = 0 AND u.requests > 0
           AND u.release = (SELECT number FROM signalbox.release WHERE id = $1) AND u.bucket >= date_trunc('hour', $2::timestamptz, 'UTC') AND u.bucket < $3)
       LIMIT ${MAX_SEGMENTS + 1}`,
      [baseline.releaseId, new Date(baseline.fromMs), new Date(baseline.toMs)],
    );
    return rows.length > MAX_SEGMENTS || rows.some(({ id }) => id === OTHER_SEGMENT) ? null : rows.map(({ tenant, task, language }) => ({ tenant, task, language }));
  }
}
