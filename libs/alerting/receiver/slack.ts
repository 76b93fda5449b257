import { type Notification } from '../notify/notification.ts';
import { cut } from './bounded-body.ts';
import { describeAlert, describeNotification, headline, MAX_TOLD_ALERTS } from './describe-alert.ts';
import { type WebRequest } from './receiver.ts';

/** Limits of Slack's blocks, characters. */
const MAX_HEADER = 150;
const MAX_SECTION = 3000;

/** A message for an incoming webhook of Slack, as blocks, with a plain text for notifications on screens. */
export function slackRequest(url: string, notification: Notification): WebRequest {
  const title = headline(notification);
  const told = notification.alerts.slice(0, MAX_TOLD_ALERTS);
  const left = notification.alerts.length - told.length + notification.truncatedAlerts;
  const sections = notification.reason === 'test' ? [describeNotification(notification)] : told.map((alert) => describeAlert(alert).join('\n'));
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER) } },
    ...sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(escape(text), MAX_SECTION) } })),
    ...(left > 0 ? [{ type: 'context', elements: [{ type: 'mrkdwn', text: `${left} further alerts are not shown.` }] }] : []),
  ];
  return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: escape(title), blocks }) };
}

/** Slack reads these three as marks; so escaped, a label cannot mention a channel or make a link. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
