import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type DataSource, type EntityManager } from 'typeorm';
import { type Notification } from '#libs/alerting/notify/notification';
import { type ReceiverSecrets, type ReceiverSettings } from '#libs/alerting/receiver/receiver';
import { SecretBox } from '#libs/platform/secrets/secret-box';
import { enqueueNotification } from '#libs/store/receivers/outbox';
import { type StoredReceiver, writeReceiver } from '#libs/store/receivers/receivers';

export const SECRET_KEY = Buffer.alloc(32, 7);
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

export async function addReceiver(store: DataSource, name: string, settings: ReceiverSettings, secrets: ReceiverSecrets, key: Uint8Array = SECRET_KEY): Promise<StoredReceiver> {
  const id = randomUUID();
  const { sealed, keyId } = new SecretBox([key]).seal(`receiver/${id}`, secrets);
  const nowMs = Date.now();
  const receiver: StoredReceiver = { id, name, kind: settings.kind, settings, secrets: sealed, secretsKey: keyId, disabledReason: null, generation: 1, createdAtMs: nowMs, createdBy: 'user:1', updatedAtMs: nowMs };
  await writeReceiver(store.manager, receiver);
  return receiver;
}

/** One alert of a group, firing or resolved, as one notification. */
export function notificationOf(receiverId: string, group: string, episode: number, status: 'firing' | 'resolved'): Omit<Notification, 'id' | 'sequence'> {
  const atMs = Date.now();
  const fingerprint = createHash('sha256').update(`${group} ${episode}`).digest('hex');
  return {
    receiverId, groupKey: group, groupLabels: { model: group }, reason: status === 'firing' ? 'new-group' : 'resolved', status, truncatedAlerts: 0, atMs,
    alerts: [
      {
        status, ruleId: 'r', ruleName: 'Router shift', severity: 'warning', labels: { model: group, layer: '1' }, annotations: {}, startsAtMs: atMs - 1000, endsAtMs: status === 'firing' ? null : atMs,
        fingerprint, series: 'c'.repeat(64), url: '/api/v1/alerts/x', finding: { summary: 'The router changed.', effect: { value: 0.12, unit: 'bits', low: 0.1, high: 0.14 } },
      },
    ],
  };
}

export function enqueue(store: DataSource, notification: Omit<Notification, 'id' | 'sequence'>, maxWaiting?: number): Promise<Notification> {
  return store.transaction((manager: EntityManager) => enqueueNotification(manager, notification, maxWaiting));
}
