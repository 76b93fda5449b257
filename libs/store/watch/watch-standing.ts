import { type DataSource } from 'typeorm';
import { DetectorStates } from '../detection/detector-states.ts';
import { FollowedLedger, type Lag } from '../detection/followed-ledger.ts';

/** How the work of the watch stands. */
export interface WatchStanding {
  /** What is recorded and not yet looked at; null before anything was followed. */
  readonly detection: Lag | null;
  /** Alerts by state; states without any are absent. */
  readonly alerts: Readonly<Record<string, number>>;
  readonly notifications: {
    /** Counted to MAX_COUNTED at most. */
    readonly waiting: number;
    /** Of those that were given up, not replayed, and are still kept; counted likewise. */
    readonly dead: number;
    /** When the oldest one that waits was made; null when none waits. */
    readonly oldestWaitingAtMs: number | null;
  };
}

export const MAX_COUNTED = 100_000;

/** Reads how the watch stands, for its figures. */
export async function readWatchStanding(dataSource: DataSource, nowMs: number): Promise<WatchStanding> {
  const progress = await new DetectorStates(dataSource).progress();
  const detection = progress && (await new FollowedLedger(dataSource).lag(progress.watermark, nowMs));
  const states: { state: string; alerts: number }[] = await dataSource.query('SELECT state, count(*)::int AS alerts FROM signalbox.alert GROUP BY state');
  const [row]: { waiting: number; dead: number; oldest: Date | null }[] = await dataSource.query(
    `SELECT (SELECT count(*)::int FROM (SELECT FROM signalbox.notification WHERE state = 'waiting' LIMIT $1) AS few) AS waiting,
       (SELECT count(*)::int FROM (SELECT FROM signalbox.notification WHERE state = 'dead' LIMIT $1) AS few) AS dead,
       (SELECT min(at) FROM (SELECT at FROM signalbox.notification WHERE state = 'waiting' LIMIT $1) AS few) AS oldest`,
    [MAX_COUNTED],
  );
  return {
    detection,
    alerts: Object.fromEntries(states.map(({ state, alerts }) => [state, alerts])),
    notifications: { waiting: row?.waiting ?? 0, dead: row?.dead ?? 0, oldestWaitingAtMs: row?.oldest?.getTime() ?? null },
  };
}
