import { type DataSource, type EntityManager } from 'typeorm';
import { type Watermark } from './followed-ledger.ts';

/** Names one stream: a layer of a release, for all traffic (segmentKey empty) or one segment. */
export interface StreamKey {
  readonly release: string;
  readonly layer: number;
  readonly segmentKey: string;
}

export interface StoredStream extends StreamKey {
  readonly model: string;
  readonly baselineId: string;
  readonly requests: number;
  readonly bytes: Uint8Array;
}

export interface Progress {
  readonly watermark: Watermark;
  /** Requests followed since the first start. */
  readonly requests: number;
}

/** Another process has moved the watermark since it was read: what was computed from it must not be saved. */
export class ProgressMovedError extends Error {
  override readonly name = 'ProgressMovedError';
}

/** What detectors remember, and how far they have followed the ledger. */
export class DetectorStates {
  constructor(private readonly dataSource: DataSource) {}

  /** null before the first start. */
  async progress(): Promise<Progress | null> {
    const [row]: { xid: string; sequence: string; requests: string }[] = await this.dataSource.query(
      'SELECT xid::text AS xid, sequence::text AS sequence, requests::text AS requests FROM signalbox.detection_progress WHERE id = 1',
    );
    return row ? { watermark: { xid: row.xid, sequence: row.sequence }, requests: Number(row.requests) } : null;
  }

  /** Begins at a watermark; leaves one alone that is there unless told which one to replace. */
  async begin(at: Watermark, nowMs: number, replacing: Watermark | null = null): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO signalbox.detection_progress AS p (id, xid, sequence, requests, updated_at) VALUES (1, $1, $2, 0, $3)
       ON CONFLICT (id) DO UPDATE SET xid = EXCLUDED.xid, sequence = EXCLUDED.sequence, updated_at = EXCLUDED.updated_at
       WHERE p.xid = $4::xid8 AND p.sequence = $5::bigint`,
      [at.xid, at.sequence, new Date(nowMs), replacing?.xid ?? null, replacing?.sequence ?? null],
    );
  }

  /**
   * Moves the watermark as part of the transaction that saves what was computed on the way.
   * @throws ProgressMovedError when it is no longer where it was read
   */
  async advance(manager: EntityManager, from: Watermark, to: Watermark, requests: number, nowMs: number): Promise<void> {
    const [rows]: [unknown[]] = await manager.query(
      `UPDATE signalbox.detection_progress SET xid = $3, sequence = $4, requests = requests + $5, updated_at = $6
       WHERE id = 1 AND xid = $1::xid8 AND sequence = $2::bigint RETURNING id`,
      [from.xid, from.sequence, to.xid, to.sequence, requests, new Date(nowMs)],
    );
    if (rows.length === 0) throw new ProgressMovedError('another process follows the ledger: its watermark has moved');
  }

  async ofRelease(release: string): Promise<readonly StoredStream[]> {
    const rows: { release: string; layer: number; segment_key: string; model: string; baseline: string; requests: string; bytes: Buffer }[] = await this.dataSource.query(
      'SELECT release, layer, segment_key, model, baseline, requests::text AS requests, bytes FROM signalbox.detector_state WHERE release = $1 ORDER BY layer, segment_key',
      [release],
    );
    return rows.map((row) => ({ release: row.release, layer: row.layer, segmentKey: row.segment_key, model: row.model, baselineId: row.baseline, requests: Number(row.requests), bytes: row.bytes }));
  }

  /** Releases that have streams, each with its model. */
  async releases(): Promise<readonly { readonly release: string; readonly model: string }[]> {
    return this.dataSource.query('SELECT DISTINCT release, model FROM signalbox.detector_state ORDER BY release');
  }

  async save(manager: EntityManager, streams: readonly StoredStream[]): Promise<void> {
    if (streams.length === 0) return;
    await manager.query(
      `INSERT INTO signalbox.detector_state (release, layer, segment_key, model, baseline, requests, bytes)
       SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::bytea[])
       ON CONFLICT (release, layer, segment_key) DO UPDATE SET model = EXCLUDED.model, baseline = EXCLUDED.baseline, requests = EXCLUDED.requests, bytes = EXCLUDED.bytes`,
      [
        streams.map(({ release }) => release),
        streams.map(({ layer }) => layer),
        streams.map(({ segmentKey }) => segmentKey),
        streams.map(({ model }) => model),
        streams.map(({ baselineId }) => baselineId),
        streams.map(({ requests }) => requests),
        streams.map(({ bytes }) => Buffer.from(bytes)),
      ],
    );
  }

  async removeRelease(manager: EntityManager, release: string): Promise<void> {
    await manager.query('DELETE FROM signalbox.detector_state WHERE release = $1', [release]);
  }
}
