import { randomUUID } from 'node:crypto';
import { type EntityManager } from 'typeorm';
import { type Notification } from '#libs/alerting/notify/notification';

/** Notifications that wait for one receiver beyond which further ones become dead letters at once. */
export const MAX_WAITING = 10_000;
/** Longest key of a group, in bytes of UTF-8. */
const MAX_GROUP_KEY_BYTES = 2000;

/** The receiver of a notification does not exist. */
export class NoSuchReceiverError extends Error {
  override readonly name = 'NoSuchReceiverError';
}

/**
 * Puts a notification into the outbox, as part of the caller's transaction, with the next sequence of its
 * (receiver, group). What a receiver cannot take is kept as a dead letter at once, where it can be seen
 * and replayed: `receiver-disabled`, or `outbox-full` where MAX_WAITING wait already.
 * @param manager of a running transaction; it holds the row of the group until its end
 * @param maxWaiting given by tests only
 * @throws NoSuchReceiverError; RangeError where the group's key is too long
 */
export async function enqueueNotification(manager: EntityManager, notification: Omit<Notification, 'id' | 'sequence'>, maxWaiting: number = MAX_WAITING): Promise<Notification> {
  const { receiverId, groupKey, atMs } = notification;
  if (Buffer.byteLength(groupKey) > MAX_GROUP_KEY_BYTES) throw new RangeError(`groupKey is longer than ${MAX_GROUP_KEY_BYTES} bytes: name the group by a digest`);
  const [receiver]: { disabled_reason: string | null; waiting: string }[] = await manager.query(
    `SELECT disabled_reason,
       (SELECT count(*) FROM (SELECT 1 FROM signalbox.notification AS n WHERE n.receiver_id = r.id AND n.state = 'waiting' LIMIT $2) AS few) AS waiting
     FROM signalbox.receiver AS r WHERE r.id::text = $1 FOR KEY SHARE`,
    [receiverId, maxWaiting],
  );
  if (!receiver) throw new NoSuchReceiverError(`receiver ${receiverId} does not exist`);
  const sequence = await nextSequence(manager, receiverId, groupKey);
  const failure = receiver.disabled_reason !== null ? 'receiver-disabled' : Number(receiver.waiting) >= maxWaiting ? 'outbox-full' : null;
  const made: Notification = { ...notification, id: randomUUID(), sequence };
  await manager.query(
    `INSERT INTO signalbox.notification (id, receiver_id, group_key, sequence, body, at, state, failure, due_at, ended_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6, $9)`,
    [made.id, receiverId, groupKey, sequence, JSON.stringify(made), new Date(atMs), failure === null ? 'waiting' : 'dead', failure, failure === null ? null : new Date(atMs)],
  );
  return made;
}

/** Gapless, as the row is locked until the transaction ends: one that fails gives its number back. */
export async function nextSequence(manager: EntityManager, receiverId: string, groupKey: string): Promise<number> {
  const [row]: { last_sequence: string }[] = await manager.query(
    `INSERT INTO signalbox.notification_group AS g (receiver_id, group_key, last_sequence) VALUES ($1, $2, 1)
     ON CONFLICT (receiver_id, group_key) DO UPDATE SET last_sequence = g.last_sequence + 1 RETURNING last_sequence`,
    [receiverId, groupKey],
  );
  return Number(row!.last_sequence);
}
