import { createHash } from 'node:crypto';
import { type Notification } from '../notify/notification.ts';
import { cut } from './bounded-body.ts';
import { describeNotification, headline, labelText } from './describe-alert.ts';
import { type MailMessage } from './receiver.ts';

/** Longest subject and text of a mail, characters. */
const MAX_SUBJECT = 200;
const MAX_TEXT = 100_000;

/** A plain-text mail. Its message id is the notification's, so a mail that comes twice can be told. */
export function emailMessage({ from, to }: { readonly from: string; readonly to: readonly string[] }, notification: Notification): MailMessage {
  const host = from.slice(from.lastIndexOf('@') + 1).replaceAll(/[^A-Za-z0-9.-]/g, '') || 'signalbox.invalid';
  const group = createHash('sha256').update(`${notification.receiverId} ${notification.groupKey}`).digest('hex').slice(0, 32);
  const footer = `-- \nGroup: ${labelText(notification.groupLabels)}\nNotification ${notification.id}, number ${notification.sequence} of its group.`;
  return {
    messageId: `<${notification.id}@${host}>`,
    thread: `<group-${group}@${host}>`,
    from,
    to,
    // A line break in a label must not end the header.
    subject: cut(`[Signalbox] ${headline(notification).replaceAll(/[\r\n]+/g, ' ')}`, MAX_SUBJECT),
    text: `${cut(describeNotification(notification), MAX_TEXT)}\n\n${footer}\n`,
  };
}
