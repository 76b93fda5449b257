import { type DataSource, type EntityManager } from 'typeorm';
import { type Notification } from '#libs/alerting/notify/notification';
import { decideReplay, type ReplayDecision } from '#libs/alerting/notify/replay';

export type NotificationState = 'waiting' | 'testing' | 'delivered' | 'dead';

export interface StoredNotification {
  readonly notification: Notification;
  /** Place among all notifications. */
  readonly number: number;
  readonly state: NotificationState;
  readonly failure: string | null;
  readonly attempts: number;
  readonly dueAtMs: number;
  readonly endedAtMs: number | null;
}

export interface StoredAttempt {
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'delivered' | 'retry' | 'given-up';
  readonly reason: string | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly response: string | null;
}

export interface ReceiverCounts {
  readonly waiting: number;
  readonly dead: number;
}

interface Row {
  body: Notification;
  number: string;
  state: NotificationState;
  failure: string | null;
  attempts: number;
  due_at: Date;
  ended_at: Date | null;
}

/** Attempts shown of one notification. */
const MAX_ATTEMPTS = 200;

/** What became of notifications. */
export class NotificationLog {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first; `beforeNumber` is that of the last one of the page before. */
  async list(filter: { readonly receiverId?: string | undefined; readonly state?: NotificationState | undefined; readonly fingerprint?: string | undefined }, limit: number, beforeNumber: number | null): Promise<readonly StoredNotification[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT * FROM signalbox.notification WHERE ($1::uuid IS NULL OR receiver_id = $1) AND ($2::text IS NULL OR state = $2) AND ($3::bigint IS NULL OR number < $3)
         AND ($5::text IS NULL OR body->'alerts' @> jsonb_build_array(jsonb_build_object('fingerprint', $5::text))) ORDER BY number DESC LIMIT $4`,
      [filter.receiverId ?? null, filter.state ?? null, beforeNumber, limit, filter.fingerprint ?? null],
    );
    return rows.map(toStored);
  }

  find(id: string): Promise<StoredNotification | null> {
    return findNotification(this.dataSource.manager, id);
  }

  /** Oldest first. */
  async attempts(id: string): Promise<readonly StoredAttempt[]> {
    const rows: { at: Date; duration_ms: number; outcome: StoredAttempt['outcome']; reason: string | null; status: number | null; error: string | null; response: string | null }[] = await this.dataSource.query(
      'SELECT at, duration_ms, outcome, reason, status, error, response FROM signalbox.delivery_attempt WHERE notification_id = $1 ORDER BY id LIMIT $2', [id, MAX_ATTEMPTS],
    );
    return rows.map(({ at, duration_ms, ...attempt }) => ({ atMs: at.getTime(), durationMs: duration_ms, ...attempt }));
  }

  /** By receiver; those without any are left out. */
  async counts(): Promise<ReadonlyMap<string, ReceiverCounts>> {
    const rows: { receiver_id: string; waiting: string; dead: string }[] = await this.dataSource.query(
      `SELECT receiver_id, count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'dead') AS dead FROM signalbox.notification WHERE state IN ('waiting', 'dead') GROUP BY receiver_id`,
    );
    return new Map(rows.map(({ receiver_id, waiting, dead }) => [receiver_id, { waiting: Number(waiting), dead: Number(dead) }]));
  }
}

export async function findNotification(manager: EntityManager, id: string): Promise<StoredNotification | null> {
  const rows: Row[] = await manager.query('SELECT * FROM signalbox.notification WHERE id = $1', [id]);
  return rows[0] ? toStored(rows[0]) : null;
}

/** Ids of a receiver's dead letters made since a time, oldest first. */
export async function deadLetters(manager: EntityManager, receiverId: string, sinceMs: number, limit: number): Promise<readonly string[]> {
  const rows: { id: string }[] = await manager.query(`SELECT id FROM signalbox.notification WHERE receiver_id = $1 AND state = 'dead' AND at >= $2 AND body->>'reason' <> 'test' ORDER BY number LIMIT $3`, [receiverId, new Date(sinceMs), limit]);
  return rows.map(({ id }) => id);
}

/**
 * Puts a dead letter back into the outbox with the same id and sequence, as if it were new.
 * @returns null where there is none of that id
 */
export async function replayNotification(manager: EntityManager, id: string, atMs: number, evenSuperseded: boolean): Promise<ReplayDecision | null> {
  const [row]: { state: NotificationState; is_test: boolean; is_on: boolean; is_later_delivered: boolean }[] = await manager.query(
    `SELECT n.state, n.body->>'reason' = 'test' AS is_test, r.disabled_reason IS NULL AS is_on,
       EXISTS (SELECT 1 FROM signalbox.notification AS l WHERE l.receiver_id = n.receiver_id AND l.group_key = n.group_key AND l.sequence > n.sequence AND l.state = 'delivered') AS is_later_delivered
     FROM signalbox.notification AS n JOIN signalbox.receiver AS r ON r.id = n.receiver_id WHERE n.id = $1 FOR UPDATE OF n`,
    [id],
  );
  if (!row) return null;
  const decision = decideReplay({ state: row.state, isTest: row.is_test, isReceiverOn: row.is_on, isLaterDelivered: row.is_later_delivered }, evenSuperseded);
  if (decision.replay) await manager.query(`UPDATE signalbox.notification SET state = 'waiting', failure = NULL, attempts = 0, due_at = $2, leased_until = NULL, ended_at = NULL WHERE id = $1`, [id, new Date(atMs)]);
  return decision;
}

/** A test: sent by whoever makes it, not from the outbox, so it waits for nothing and nothing waits for it. */
export async function insertTest(manager: EntityManager, notification: Notification): Promise<void> {
  await manager.query(
    `INSERT INTO signalbox.notification (id, receiver_id, group_key, sequence, body, at, state, due_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, 'testing', $6, $6)`,
    [notification.id, notification.receiverId, notification.groupKey, notification.sequence, JSON.stringify(notification), new Date(notification.atMs)],
  );
}

export async function endTest(manager: EntityManager, id: string, isDelivered: boolean): Promise<void> {
  await manager.query(`UPDATE signalbox.notification SET state = $2, failure = $3, attempts = 1 WHERE id = $1`, [id, isDelivered ? 'delivered' : 'dead', isDelivered ? null : 'test-failed']);
}

/** What waits for a receiver that is switched off becomes dead letters. */
export async function buryWaiting(manager: EntityManager, receiverId: string, atMs: number): Promise<number> {
  const result: [unknown[], number] = await manager.query(
    `UPDATE signalbox.notification SET state = 'dead', failure = 'receiver-disabled', ended_at = $2 WHERE id IN (SELECT id FROM signalbox.notification WHERE receiver_id = $1 AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= $2) FOR UPDATE SKIP LOCKED)`,
    [receiverId, new Date(atMs)],
  );
  return result[1];
}

function toStored({ body, number, state, failure, attempts, due_at, ended_at }: Row): StoredNotification {
  return { notification: body, number: Number(number), state, failure, attempts, dueAtMs: due_at.getTime(), endedAtMs: ended_at?.getTime() ?? null };
}
