import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { type Notification } from '#libs/alerting/notify/notification';
import { type Reading } from '#libs/detection/reading/reading';
import { labelsKey, Readings } from '#libs/store/detection/readings';
import { evaluateRound, type RoundOutcome } from '../../apps/watch/alert/evaluate-round.ts';

/** A receiver that nothing is delivered to: what it is told of waits in the outbox. */
export async function addReceiver(dataSource: DataSource, name: string): Promise<string> {
  const id = randomUUID();
  await dataSource.query(`INSERT INTO signalbox.receiver (id, name, kind, settings, generation, created_at, created_by, updated_at) VALUES ($1, $2, 'webhook', $3, 1, now(), 'test', now())`, [id, name, JSON.stringify({ kind: 'webhook', url: 'https://example.com/' })]);
  return id;
}

export async function saveReadings(dataSource: DataSource, readings: readonly Reading[]): Promise<void> {
  await dataSource.transaction((manager) => new Readings(dataSource).save(manager, readings));
}

export function runRound(dataSource: DataSource, nowMs: number): Promise<RoundOutcome | null> {
  return evaluateRound({ dataSource, readings: new Readings(dataSource), labelsKey, nowMs, publicUrl: 'https://signalbox.example' });
}

/** All that a receiver is told, in the order in which it was decided. */
export async function told(dataSource: DataSource, receiverId: string): Promise<readonly Notification[]> {
  const rows: { body: Notification }[] = await dataSource.query('SELECT body FROM signalbox.notification WHERE receiver_id = $1 ORDER BY number', [receiverId]);
  return rows.map(({ body }) => body);
}
