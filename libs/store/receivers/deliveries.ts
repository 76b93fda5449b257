import { type DataSource, type EntityManager } from 'typeorm';
import { type DeliveryDecision } from '#libs/alerting/notify/retry-schedule';
import { type Notification } from '#libs/alerting/notify/notification';
import { appendAudit } from '../audit/audit-log.ts';
import { findReceiver, type StoredReceiver } from './receivers.ts';

/** Deliveries to one receiver at the same time: a slow one must not take all workers. */
export const MAX_AT_ONCE = 4;

/** A notification that may be delivered now. */
export interface DueDelivery {
  readonly notificationId: string;
  readonly claims: number;
}

/** A notification that is this worker's until the lease ends. */
export interface ClaimedDelivery {
  readonly notification: Notification;
  readonly receiver: StoredReceiver;
  /** From 1, since it was made or replayed. */
  readonly attempt: number;
  /** Tells this claim from later ones. */
  readonly claims: number;
}

/** What was seen of one attempt. */
export interface AttemptRecord {
  readonly atMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly response: string | null;
}

export interface OutboxFigures {
  readonly waiting: number;
  /** When the one that waits longest was made; null where none waits. */
  readonly oldestAtMs: number | null;
  readonly dead: number;
}

/** The first of its group that waits: no other is taken before it has ended. */
const IS_FIRST = `NOT EXISTS (SELECT 1 FROM signalbox.notification AS earlier WHERE earlier.receiver_id = n.receiver_id AND earlier.group_key = n.group_key AND earlier.state = 'waiting' AND earlier.sequence < n.sequence)`;

/** What waits for a receiver and is in nobody's hands; what is, whoever holds it sees to, and is not waited for. */
const UNTOUCHED = `SELECT id FROM signalbox.notification WHERE receiver_id = $1 AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= $2)`;

/** The outbox as whoever delivers sees it. All of its state is here; a queue only says when to look. */
export class Deliveries {
  constructor(private readonly dataSource: DataSource) {}

  /** Notifications that may be delivered now, oldest first, at most MAX_AT_ONCE for a receiver, those under way counted. */
  async due(nowMs: number, limit: number): Promise<readonly DueDelivery[]> {
    const rows: { id: string; claims: number }[] = await this.dataSource.query(
      `WITH under_way AS (SELECT receiver_id, count(*) AS n FROM signalbox.notification WHERE state = 'waiting' AND leased_until > $1 GROUP BY receiver_id),
       head AS (
         SELECT n.id, n.claims, n.receiver_id, n.due_at, row_number() OVER (PARTITION BY n.receiver_id ORDER BY n.due_at, n.number) AS place
         FROM signalbox.notification AS n WHERE n.state = 'waiting' AND n.due_at <= $1 AND (n.leased_until IS NULL OR n.leased_until <= $1) AND ${IS_FIRST})
       SELECT head.id, head.claims FROM head LEFT JOIN under_way USING (receiver_id)
       WHERE head.place + coalesce(under_way.n, 0) <= $2 ORDER BY head.due_at LIMIT $3`,
      [new Date(nowMs), MAX_AT_ONCE, limit],
    );
    return rows.map(({ id, claims }) => ({ notificationId: id, claims }));
  }

  /**
   * Takes a notification, if it is still due and the first of its group.
   * @param leaseMs longer than an attempt takes: after it another worker may try
   * @param spacingMs of the receiver's kind: least time between two messages to one receiver; 0 for none
   * @returns null where there is nothing to do now
   */
  async claim(id: string, nowMs: number, leaseMs: number, spacingMs: (receiver: StoredReceiver) => number): Promise<ClaimedDelivery | null> {
    return this.dataSource.transaction(async (manager) => {
      const rows: { body: Notification; attempts: number; claims: number; receiver_id: string }[] = await manager.query(
        `SELECT n.body, n.attempts, n.claims, n.receiver_id FROM signalbox.notification AS n
         WHERE n.id = $1 AND n.state = 'waiting' AND n.due_at <= $2 AND (n.leased_until IS NULL OR n.leased_until <= $2) AND ${IS_FIRST} FOR UPDATE OF n SKIP LOCKED`,
        [id, new Date(nowMs)],
      );
      const row = rows[0];
      const receiver = row && (await findReceiver(manager, row.receiver_id));
      if (!row || !receiver) return null;
      if (receiver.disabledReason !== null) {
        await this.#end(manager, id, nowMs, 'dead', 'receiver-disabled');
        return null;
      }
      const freeAtMs = await takeTurn(manager, receiver, nowMs, spacingMs(receiver));
      if (freeAtMs > nowMs) {
        await manager.query('UPDATE signalbox.notification SET due_at = $2 WHERE id = $1', [id, new Date(freeAtMs)]);
        return null;
      }
      await manager.query('UPDATE signalbox.notification SET claims = claims + 1, leased_until = $2 WHERE id = $1', [id, new Date(nowMs + leaseMs)]);
      return { notification: row.body, receiver, attempt: row.attempts + 1, claims: row.claims + 1 };
    });
  }

  /**
   * Records an attempt and what follows from it. An attempt whose lease was lost is recorded too, but
   * decides nothing. `gone` switches the receiver off, and what waits for it becomes dead letters.
   * @returns whether it decided
   */
  async finish({ notification, receiver, claims }: Pick<ClaimedDelivery, 'notification' | 'receiver' | 'claims'>, attempt: AttemptRecord, decision: DeliveryDecision, nowMs: number): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      await insertAttempt(manager, notification.id, attempt, decision);
      const held: unknown[] = await manager.query(`SELECT 1 FROM signalbox.notification WHERE id = $1 AND claims = $2 AND state = 'waiting' FOR UPDATE`, [notification.id, claims]);
      if (held.length === 0) return false;
      await manager.query('UPDATE signalbox.notification SET attempts = attempts + 1, leased_until = NULL WHERE id = $1', [notification.id]);
      switch (decision.decision) {
        case 'delivered':
          await this.#end(manager, notification.id, nowMs, 'delivered', null);
          // It is back: what failed before need not wait for its turn in the schedule.
          await manager.query(`UPDATE signalbox.notification SET due_at = $2 WHERE id IN (${UNTOUCHED} AND due_at > $2 FOR UPDATE SKIP LOCKED)`, [receiver.id, new Date(nowMs)]);
          break;
        case 'retry':
          await manager.query('UPDATE signalbox.notification SET due_at = $2 WHERE id = $1', [notification.id, new Date(nowMs + decision.afterMs)]);
          break;
        case 'give-up':
          await this.#end(manager, notification.id, nowMs, 'dead', decision.reason);
          if (decision.reason === 'gone') await disableGone(manager, receiver.id, nowMs);
      }
      return true;
    });
  }

  async figures(): Promise<OutboxFigures> {
    const [row]: { waiting: string; oldest: Date | null; dead: string }[] = await this.dataSource.query(
      `SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, min(at) FILTER (WHERE state = 'waiting') AS oldest, count(*) FILTER (WHERE state = 'dead') AS dead
       FROM signalbox.notification WHERE state IN ('waiting', 'dead')`,
    );
    return { waiting: Number(row!.waiting), oldestAtMs: row!.oldest?.getTime() ?? null, dead: Number(row!.dead) };
  }

  /** Deletes attempts, and notifications that ended, before the given time; at most so many of each. */
  async purge(beforeMs: number, limit: number): Promise<number> {
    const before = new Date(beforeMs);
    const attempts: [unknown[], number] = await this.dataSource.query('DELETE FROM signalbox.delivery_attempt WHERE id IN (SELECT id FROM signalbox.delivery_attempt WHERE at < $1 LIMIT $2)', [before, limit]);
    const notifications: [unknown[], number] = await this.dataSource.query('DELETE FROM signalbox.notification WHERE id IN (SELECT id FROM signalbox.notification WHERE ended_at < $1 LIMIT $2)', [before, limit]);
    return attempts[1] + notifications[1];
  }

  async #end(manager: EntityManager, id: string, nowMs: number, state: 'delivered' | 'dead', failure: string | null): Promise<void> {
    await manager.query('UPDATE signalbox.notification SET state = $2, failure = $3, ended_at = $4 WHERE id = $1', [id, state, failure, new Date(nowMs)]);
  }
}

export async function insertAttempt(manager: EntityManager, notificationId: string, { atMs, durationMs, status, error, response }: AttemptRecord, decision: DeliveryDecision): Promise<void> {
  const outcome = decision.decision === 'give-up' ? 'given-up' : decision.decision;
  const reason = decision.decision === 'delivered' ? null : decision.reason;
  await manager.query(
    `INSERT INTO signalbox.delivery_attempt (notification_id, at, duration_ms, outcome, reason, status, error, response) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [notificationId, new Date(atMs), durationMs, outcome, reason, status, error, response],
  );
}

/** When the receiver takes the next message; at most `nowMs` says that the turn is the caller's. */
async function takeTurn(manager: EntityManager, { id }: StoredReceiver, nowMs: number, spacingMs: number): Promise<number> {
  if (spacingMs === 0) return nowMs;
  const [row]: { free_at: Date | null }[] = await manager.query('SELECT free_at FROM signalbox.receiver WHERE id = $1 FOR NO KEY UPDATE', [id]);
  const freeAtMs = row?.free_at?.getTime() ?? 0;
  if (freeAtMs > nowMs) return freeAtMs;
  await manager.query('UPDATE signalbox.receiver SET free_at = $2 WHERE id = $1', [id, new Date(nowMs + spacingMs)]);
  return nowMs;
}

/** The receiver said that it wants nothing more. */
async function disableGone(manager: EntityManager, id: string, nowMs: number): Promise<void> {
  const receiver = await findReceiver(manager, id, { lock: true });
  if (!receiver || receiver.disabledReason !== null) return;
  await manager.query(`UPDATE signalbox.receiver SET disabled_reason = 'gone', generation = generation + 1, updated_at = $2 WHERE id = $1`, [id, new Date(nowMs)]);
  const dead: [unknown[], number] = await manager.query(
    `UPDATE signalbox.notification SET state = 'dead', failure = 'receiver-disabled', ended_at = $2 WHERE id IN (${UNTOUCHED} FOR UPDATE SKIP LOCKED)`,
    [id, new Date(nowMs)],
  );
  await appendAudit(manager, {
    atMs: nowMs, actor: 'system', action: 'receiver.disable', subject: `receiver/${id}`, requestId: null,
    detail: { name: receiver.name, deadLetters: dead[1] }, before: { disabledReason: null }, after: { disabledReason: 'gone' },
    reason: 'it answered 410 Gone',
  });
}
