import { type DataSource } from 'typeorm';

/** How the outbox stands. */
export interface OutboxStanding {
  /** Counted to MAX_COUNTED at most. */
  readonly waiting: number;
  /** Of those that were given up, not replayed, and are still kept; counted likewise. */
  readonly dead: number;
  /** When the oldest one that waits was made; null when none waits. */
  readonly oldestWaitingAtMs: number | null;
}

const MAX_COUNTED = 100_000;

/** Reads it for figures. */
export async function readOutboxStanding(dataSource: DataSource): Promise<OutboxStanding> {
  const [row]: { waiting: number; dead: number; oldest: Date | null }[] = await dataSource.query(
    `SELECT (SELECT count(*)::int FROM (SELECT FROM signalbox.notification WHERE state = 'waiting' LIMIT $1) AS few) AS waiting,
       (SELECT count(*)::int FROM (SELECT FROM signalbox.notification WHERE state = 'dead' LIMIT $1) AS few) AS dead,
       (SELECT min(at) FROM (SELECT at FROM signalbox.notification WHERE state = 'waiting' LIMIT $1) AS few) AS oldest`,
    [MAX_COUNTED],
  );
  return { waiting: row?.waiting ?? 0, dead: row?.dead ?? 0, oldestWaitingAtMs: row?.oldest?.getTime() ?? null };
}
