import { createHash } from 'node:crypto';
import { type Notification } from '../notify/notification.ts';
import { boundedBody, cut } from './bounded-body.ts';
import { describeNotification, headline } from './describe-alert.ts';
import { type ReceiverSecrets, type WebRequest } from './receiver.ts';

/** Longest summary of an event, characters. */
const MAX_SUMMARY = 1024;

/**
 * An event of PagerDuty's Events API v2. One incident stands for one group, as when Alertmanager sends
 * them: it is triggered while any alert of the group fires and resolved with the last.
 */
export function pagerdutyRequest(settings: { readonly url: string; readonly source: string }, secrets: ReceiverSecrets, notification: Notification): WebRequest {
  if (secrets.routingKey === undefined) throw new Error('the receiver has no routing key: give it one');
  const { routingKey } = secrets;
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json' },
    body: boundedBody(notification, (fitting) => {
      const isOver = fitting.status === 'resolved';
      const event = { routing_key: routingKey, event_action: isOver ? 'resolve' : 'trigger', dedup_key: createHash('sha256').update(`${fitting.receiverId} ${fitting.groupKey}`).digest('hex') };
      if (isOver) return event;
      const link = fitting.alerts.find(({ url }) => url.startsWith('http'))?.url;
      return {
        ...event,
        payload: {
          summary: cut(headline(fitting), MAX_SUMMARY),
          source: settings.source,
          severity: severityOf(fitting),
          timestamp: new Date(fitting.atMs).toISOString(),
          group: fitting.groupKey.slice(0, 255),
          custom_details: {
            text: describeNotification(fitting),
            truncatedAlerts: fitting.truncatedAlerts,
            alerts: fitting.alerts.map(({ fingerprint, status, labels, ruleName, severity }) => ({ fingerprint, status, ruleName, severity, labels })),
          },
        },
        ...(link === undefined ? {} : { links: [{ href: link, text: 'The alert in Signalbox' }] }),
      };
    }),
  };
}

function severityOf({ alerts }: Notification): 'critical' | 'warning' | 'info' {
  const firing = alerts.filter(({ status }) => status === 'firing');
  return firing.some(({ severity }) => severity === 'critical') ? 'critical' : firing.some(({ severity }) => severity === 'warning') ? 'warning' : 'info';
}
