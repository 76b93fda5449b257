import { type Notification } from '../notify/notification.ts';

/** Longest body of a request to a receiver, bytes. */
const MAX_BODY_BYTES = 256 * 1024;

/** The body of a notification as JSON; alerts that would make it too long are left out and counted. */
export function boundedBody(notification: Notification, compose: (fitting: Notification) => unknown, maxBytes: number = MAX_BODY_BYTES): string {
  let fitting = notification;
  for (;;) {
    const body = JSON.stringify(compose(fitting));
    if (Buffer.byteLength(body) <= maxBytes || fitting.alerts.length === 0) return body;
    // Half at a time: few rounds, however many alerts.
    const kept = fitting.alerts.slice(0, Math.floor(fitting.alerts.length / 2));
    fitting = { ...fitting, alerts: kept, truncatedAlerts: fitting.truncatedAlerts + fitting.alerts.length - kept.length };
  }
}

/** Cut to a number of characters, and seen to be cut. */
export function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1)}…`;
}
