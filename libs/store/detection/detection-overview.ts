import { type DataSource } from 'typeorm';
import { LOCKS } from '../locks.ts';
import { type Baseline, baselineInForce } from './baseline.ts';
import { Baselines, MAX_FREEZING } from './baselines.ts';
import { DetectorStates } from './detector-states.ts';
import { FollowedLedger, type Lag } from './followed-ledger.ts';
import { type Serving, servingReleases } from './serving.ts';

export interface WatchedRelease extends Serving {
  /** null: it is not watched. */
  readonly baseline: Baseline | null;
  readonly streams: number;
  /** Of the stream that has seen most. */
  readonly requests: number;
  readonly alarms: number;
}

export interface Overview {
  readonly lag: Lag;
  readonly followedRequests: number;
  /** Whether a process follows the record now. */
  readonly isRunning: boolean;
  readonly releases: readonly WatchedRelease[];
  readonly freezing: readonly Baseline[];
}

interface CountRow {
  readonly release: string;
  readonly streams: number;
  readonly requests: number;
}

/** What is watched against what, and how far the detectors are. */
export class DetectionOverview {
  constructor(private readonly dataSource: DataSource) {}

  async read(nowMs: number): Promise<Overview> {
    const baselines = new Baselines(this.dataSource);
    const progress = await new DetectorStates(this.dataSource).progress();
    const [lag, serving, adopted, freezing, counts, alarms, isRunning] = await Promise.all([
      progress ? new FollowedLedger(this.dataSource).lag(progress.watermark, nowMs) : { requests: 0, seconds: 0 },
      servingReleases(this.dataSource),
      baselines.adopted(),
      baselines.page({ model: null, state: 'freezing', after: null, limit: 2 * MAX_FREEZING }),
      this.#counts(),
      this.#alarms(),
      this.#isRunning(),
    ]);
    const releases = serving.map((release) => {
      const count = counts.get(release.releaseId);
      return { ...release, baseline: baselineInForce(adopted, release.model, release.releaseId, release), streams: count?.streams ?? 0, requests: count?.requests ?? 0, alarms: alarms.get(release.releaseId) ?? 0 };
    });
    return { lag, followedRequests: progress?.requests ?? 0, isRunning, releases, freezing };
  }

  async #counts(): Promise<ReadonlyMap<string, CountRow>> {
    const rows: CountRow[] = await this.dataSource.query('SELECT release, count(*)::int AS streams, max(requests)::float8 AS requests FROM signalbox.detector_state GROUP BY release');
    return new Map(rows.map((row) => [row.release, row]));
  }

  async #alarms(): Promise<ReadonlyMap<string, number>> {
    const rows: { release: string; alarms: number }[] = await this.dataSource.query(
      `SELECT labels_key::jsonb->>'release' AS release, count(*)::int AS alarms FROM signalbox.reading WHERE alarm AND signal IN ('mix-shift', 'router-shift') GROUP BY 1`,
    );
    return new Map(rows.map(({ release, alarms }) => [release, alarms]));
  }

  async #isRunning(): Promise<boolean> {
    const [row]: { held: boolean }[] = await this.dataSource.query(
      `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND ((classid::bigint << 32) | objid::bigint) = $1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held`,
      [LOCKS.detection],
    );
    return row?.held === true;
  }
}
