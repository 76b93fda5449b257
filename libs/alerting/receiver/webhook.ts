import { Webhook } from 'standardwebhooks';
import { type Notification } from '../notify/notification.ts';
import { boundedBody } from './bounded-body.ts';
import { type ReceiverSecrets, type WebRequest } from './receiver.ts';

/**
 * A request of the Standard Webhooks specification, symmetric signatures `v1`: the id is the
 * notification's, so it stays over all attempts; the time is that of the attempt. After a rotation both
 * secrets sign, the new one first, with a space between, until the overlap ends.
 */
export function webhookRequest(url: string, secrets: ReceiverSecrets, notification: Notification, nowMs: number): WebRequest {
  const body = boundedBody(notification, webhookPayload);
  const at = new Date(nowMs);
  const { signing, signingBefore: before } = secrets;
  if (signing === undefined) throw new Error('the receiver has no signing secret: rotate it');
  const signedBy = [signing, ...(before && nowMs < before.untilMs ? [before.secret] : [])];
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': notification.id,
      'webhook-timestamp': String(Math.floor(nowMs / 1000)),
      'webhook-signature': signedBy.map((secret) => new Webhook(secret).sign(notification.id, at, body)).join(' '),
    },
    body,
  };
}

function webhookPayload({ id, receiverId, groupKey, groupLabels, sequence, reason, status, alerts, truncatedAlerts, atMs }: Notification): unknown {
  return {
    type: reason === 'test' ? 'signalbox.test' : `alerts.${status}`,
    timestamp: new Date(atMs).toISOString(),
    data: {
      id, receiverId, groupKey, groupLabels, sequence, reason, status, truncatedAlerts,
      alerts: alerts.map(({ startsAtMs, endsAtMs, ...alert }) => ({ ...alert, startsAt: new Date(startsAtMs).toISOString(), endsAt: endsAtMs === null ? null : new Date(endsAtMs).toISOString() })),
    },
  };
}
