import { type NotifiedAlert, type Notification } from '../notify/notification.ts';
import { boundedBody } from './bounded-body.ts';
import { type ReceiverSecrets, type WebRequest } from './receiver.ts';

/** What Alertmanager writes where an alert has not ended: the zero time of Go. */
const NOT_ENDED = '0001-01-01T00:00:00Z';

/** The payload of Alertmanager's webhook receiver, version 4, so that what takes those takes ours. */
export function alertmanagerWebhookRequest(url: string, secrets: ReceiverSecrets, notification: Notification, { receiverName, externalUrl }: { readonly receiverName: string; readonly externalUrl: string }): WebRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...authorization(secrets) },
    body: boundedBody(notification, ({ groupKey, groupLabels, status, alerts, truncatedAlerts }) => {
      const labels = alerts.map(alertmanagerLabels);
      return {
        version: '4',
        groupKey,
        truncatedAlerts,
        status,
        receiver: receiverName,
        groupLabels,
        commonLabels: inCommon(labels),
        commonAnnotations: inCommon(alerts.map(({ annotations }) => annotations)),
        externalURL: externalUrl,
        alerts: alerts.map((alert, index) => ({
          status: alert.status,
          labels: labels[index],
          annotations: alert.annotations,
          startsAt: new Date(alert.startsAtMs).toISOString(),
          endsAt: alert.endsAtMs === null ? NOT_ENDED : new Date(alert.endsAtMs).toISOString(),
          generatorURL: alert.url,
          fingerprint: alert.fingerprint,
        })),
      };
    }),
  };
}

export function authorization({ authorization: value }: ReceiverSecrets): Readonly<Record<string, string>> {
  return value === undefined ? {} : { authorization: value };
}

/** Labels as Alertmanager takes them: `alertname` and `severity` always there, names of letters, digits and underscores. */
export function alertmanagerLabels({ labels, ruleName, severity }: Pick<NotifiedAlert, 'labels' | 'ruleName' | 'severity'>): Record<string, string> {
  const named = Object.entries(labels).map(([name, value]) => [name.replaceAll(/\W/g, '_').replace(/^(?=\d)/, '_'), value]);
  return { ...(Object.fromEntries(named) as Record<string, string>), alertname: ruleName, severity };
}

function inCommon(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)));
}
