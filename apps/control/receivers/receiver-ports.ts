import { type Receivers } from '#libs/store/receivers/receivers';
import { type NotificationLog } from '#libs/store/receivers/notification-log';
import { type Sender } from '#libs/notify/sender';
import { type SecretBox } from '#libs/platform/secrets/secret-box';

export const RECEIVERS = Symbol('Receivers');
export const NOTIFICATION_LOG = Symbol('NotificationLog');
export const RECEIVER_SENDER = Symbol('ReceiverSender');

export type ReceiversPort = Pick<Receivers, 'find' | 'list' | 'transaction'>;
export type NotificationLogPort = Pick<NotificationLog, 'list' | 'find' | 'attempts' | 'counts'>;

/** What it takes to send to a receiver. */
export interface ReceiverSender {
  readonly sender: Pick<Sender, 'send'>;
  readonly box: SecretBox;
  /** By which people reach this Signalbox. */
  readonly externalUrl: string;
}
