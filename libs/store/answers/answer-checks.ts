import { type DataSource } from 'typeorm';

/** Results of requests of one kind, within one hour. */
export interface AnswerCount {
  /** Start of the hour, epoch milliseconds. */
  readonly bucketMs: number;
  readonly releaseId: string;
  readonly route: 'chat' | 'completion';
  /** SHA-256 that names the schema; empty where it was not kept. */
  readonly schema: string;
  readonly tenant: string;
  readonly task: string;
  readonly language: string;
  readonly requests: number;
  /** Answers, of which a request may have several. */
  readonly valid: number;
  readonly invalid: number;
  readonly incomplete: number;
}

/** What a process counted since its last flush. The id makes a repeated write harmless. */
export interface AnswerCountsFlush {
  readonly flushId: string;
  readonly counts: readonly AnswerCount[];
}

export interface AnswerChecksQuery {
  readonly releaseIds: readonly string[];
  /** Epoch milliseconds, whole hours; `toMs` excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** null: of all. */
  readonly tenant: string | null;
  readonly schema: string | null;
  /** A total, and a time line in steps of so many milliseconds. */
  readonly stepMs: number;
}

export interface AnswerCheckBucket {
  readonly releaseId: string;
  /** null: the whole window. */
  readonly atMs: number | null;
  readonly requests: number;
  readonly valid: number;
  readonly invalid: number;
  readonly incomplete: number;
}

interface Row extends Omit<AnswerCheckBucket, 'releaseId' | 'atMs'> {
  readonly id: string;
  readonly bucket: Date | null;
}

/** How answers kept to the response formats that requests asked for, counted by hour. */
export class AnswerChecks {
  constructor(private readonly dataSource: DataSource) {}

  async write({ flushId, counts }: AnswerCountsFlush): Promise<void> {
    const columnOf = <Key extends keyof AnswerCount>(key: Key) => counts.map((count) => count[key]);
    await this.dataSource.query(
      `INSERT INTO signalbox.answer_check_hour (bucket, release, flush_id, route, schema_digest, tenant, task, language, requests, valid, invalid, incomplete)
       SELECT new.bucket, release.number, $1, route, decode(digest, 'hex'), tenant, task, language, requests, valid, invalid, incomplete
       FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[], $11::int[], $12::int[])
         AS new(bucket, release_id, route, digest, tenant, task, language, requests, valid, invalid, incomplete)
       JOIN signalbox.release ON release.id = new.release_id
       ON CONFLICT DO NOTHING`,
      [
        flushId, columnOf('bucketMs').map((ms) => new Date(ms)), columnOf('releaseId'), columnOf('route'), columnOf('schema'),
        columnOf('tenant'), columnOf('task'), columnOf('language'), columnOf('requests'), columnOf('valid'), columnOf('invalid'), columnOf('incomplete'),
      ],
    );
  }

  /** For each release its total and the buckets with answers, oldest first. */
  async read({ releaseIds, fromMs, toMs, tenant, schema, stepMs }: AnswerChecksQuery): Promise<readonly AnswerCheckBucket[]> {
    const rows: Row[] = await this.dataSource.query(
      `WITH picked AS (
         SELECT release.id, date_bin($6 * interval '1 millisecond', bucket, timestamptz 'epoch') AS bucket, requests, valid, invalid, incomplete
         FROM signalbox.answer_check_hour JOIN signalbox.release ON release.number = answer_check_hour.release
         WHERE release.id = ANY($1) AND bucket >= $2 AND bucket < $3 AND ($4::text IS NULL OR tenant = $4) AND ($5::text IS NULL OR schema_digest = decode($5, 'hex'))
       )
       SELECT id, bucket, sum(requests)::float8 AS requests, sum(valid)::float8 AS valid, sum(invalid)::float8 AS invalid, sum(incomplete)::float8 AS incomplete
       FROM picked GROUP BY GROUPING SETS ((id), (id, bucket)) ORDER BY id, bucket NULLS FIRST`,
      [releaseIds, new Date(fromMs), new Date(toMs), tenant, schema, stepMs],
    );
    return rows.map(({ id, bucket, ...counts }) => ({ releaseId: id, atMs: bucket?.getTime() ?? null, ...counts }));
  }
}
