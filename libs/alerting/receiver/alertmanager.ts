import { type Notification } from '../notify/notification.ts';
import { alertmanagerLabels, authorization } from './alertmanager-webhook.ts';
import { boundedBody } from './bounded-body.ts';
import { type ReceiverSecrets, type WebRequest } from './receiver.ts';

/**
 * Alerts for a real Alertmanager: `POST /api/v2/alerts`. A firing alert is given an end in the future, so
 * that it resolves by itself should we fall silent; each repeat moves it on. A resolved one has its end.
 */
export function alertmanagerRequest(settings: { readonly url: string; readonly firingForSeconds: number }, secrets: ReceiverSecrets, notification: Notification, nowMs: number): WebRequest {
  const untilMs = nowMs + settings.firingForSeconds * 1000;
  return {
    method: 'POST',
    url: `${settings.url.replace(/\/+$/, '')}/api/v2/alerts`,
    headers: { 'content-type': 'application/json', ...authorization(secrets) },
    body: boundedBody(notification, ({ alerts }) =>
      alerts.map((alert) => ({
        labels: alertmanagerIdentity(alert),
        annotations: alert.annotations,
        startsAt: new Date(alert.startsAtMs).toISOString(),
        endsAt: new Date(alert.endsAtMs ?? untilMs).toISOString(),
        generatorURL: alert.url,
      })),
    ),
  };
}

/** Alertmanager tells alerts apart by all of their labels: empty ones it refuses or drops. */
function alertmanagerIdentity(alert: Notification['alerts'][number]): Record<string, string> {
  return Object.fromEntries(Object.entries(alertmanagerLabels(alert)).filter(([, value]) => value !== ''));
}
