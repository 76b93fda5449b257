import { type DataSource } from 'typeorm';

/** Requests that a process refused since its last flush, because data rules left no expert. */
export interface RuleRefusalsFlush {
  /** Makes a repeated write harmless. */
  readonly flushId: string;
  readonly atMs: number;
  readonly releaseId: string;
  readonly refused: number;
}

/** Requests that data rules refused: they run nowhere and have no trace, so they are counted by minute. */
export class RuleRefusals {
  constructor(private readonly dataSource: DataSource) {}

  async write({ flushId, atMs, releaseId, refused }: RuleRefusalsFlush): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO signalbox.rule_refusal_minute (bucket, release, flush_id, refused)
       SELECT date_trunc('minute', $1::timestamptz), number, $3, $4 FROM signalbox.release WHERE id = $2 ON CONFLICT DO NOTHING`,
      [new Date(atMs), releaseId, flushId, refused],
    );
  }

  /** In the minutes that begin in the range. */
  async count(releaseNumber: number, fromMs: number, toMs: number): Promise<number> {
    const [row]: { refused: number }[] = await this.dataSource.query(
      `SELECT coalesce(sum(refused), 0)::float8 AS refused FROM signalbox.rule_refusal_minute WHERE release = $1 AND bucket >= $2 AND bucket < $3`,
      [releaseNumber, new Date(fromMs), new Date(toMs)],
    );
    return row?.refused ?? 0;
  }
}
