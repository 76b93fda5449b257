import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ReceiverSecrets } from '#libs/alerting/receiver/receiver';
import { type StoredAttempt, type StoredNotification, type ReceiverCounts } from '#libs/store/receivers/notification-log';
import { type StoredReceiver } from '#libs/store/receivers/receivers';
import { type TestOutcome } from './receiver-test.ts';

type Out<N extends keyof typeof ROUTES> = RouteOutput<(typeof ROUTES)[N]>;

const text = (ms: number): string => new Date(ms).toISOString();

export function receiverBody({ id, name, kind, settings, disabledReason, generation, createdAtMs, createdBy, updatedAtMs }: StoredReceiver, named: readonly string[], counts: ReceiverCounts | undefined): Out<'getReceiver'> {
  const { kind: _, ...shown } = settings;
  return {
    id, name, kind, settings: 'to' in shown ? { ...shown, to: [...shown.to] } : shown, secrets: [...named], disabledReason, waiting: counts?.waiting ?? 0, deadLetters: counts?.dead ?? 0, generation,
    createdAt: text(createdAtMs), createdBy, updatedAt: text(updatedAtMs),
  };
}

/** Names only. */
export function secretNames(secrets: ReceiverSecrets): readonly string[] {
  return Object.keys(secrets).toSorted();
}

export function summaryBody({ notification, state, failure, attempts, dueAtMs, endedAtMs }: StoredNotification): Out<'listNotifications'>['items'][number] {
  const { id, receiverId, groupKey, groupLabels, sequence, reason, status, alerts, truncatedAlerts, atMs } = notification;
  return {
    id, receiverId, groupKey, groupLabels: { ...groupLabels }, sequence, reason, status, state, failure, alerts: alerts.length + truncatedAlerts, attempts, at: text(atMs),
    dueAt: state === 'waiting' ? text(dueAtMs) : null, endedAt: endedAtMs === null || state === 'testing' ? null : text(endedAtMs),
  };
}

export function notificationBody(stored: StoredNotification, log: readonly StoredAttempt[]): Out<'getNotification'> {
  return { ...summaryBody(stored), told: stored.notification.alerts.map((alert) => ({ ...alert })), log: log.map(({ atMs, ...attempt }) => ({ at: text(atMs), ...attempt })) };
}

export function testBody({ notificationId, attempt: { decision, atMs, ...attempt } }: TestOutcome): Out<'testReceiver'> {
  return { notificationId, attempt: { at: text(atMs), ...attempt, outcome: decision.decision === 'delivered' ? 'delivered' : 'given-up', reason: decision.decision === 'delivered' ? null : decision.reason === 'blocked-address' ? decision.reason : 'test-failed' } };
}
