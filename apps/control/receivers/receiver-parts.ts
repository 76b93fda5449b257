import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseAllowList } from '#libs/notify/address-policy';
import { type Config } from '#libs/platform/config/config';
import { Sender } from '#libs/notify/sender';
import { secretBox } from '#libs/platform/secrets/secret-box';
import { NotificationLog } from '#libs/store/receivers/notification-log';
import { Receivers } from '#libs/store/receivers/receivers';
import { NotificationsController } from './notifications.controller.ts';
import { ReceiverDesk } from './receiver-desk.ts';
import { NOTIFICATION_LOG, RECEIVER_SENDER, type ReceiverSender, RECEIVERS } from './receiver-ports.ts';
import { ReceiverTest } from './receiver-test.ts';
import { ReceiversController } from './receivers.controller.ts';

export const receiverControllers = [ReceiversController, NotificationsController];
export const receiverProviders: Provider[] = [ReceiverDesk, ReceiverTest];

export interface ReceiverPortOptions {
  /** Key that seals secrets; null: the one kept in the home. */
  readonly secretKey: Uint8Array | null;
  readonly olderSecretKeys: readonly Uint8Array[];
  readonly allow: readonly string[];
  readonly externalUrl: string;
}

export const KEPT_AT_HOME: ReceiverPortOptions = { secretKey: null, olderSecretKeys: [], allow: [], externalUrl: 'http://127.0.0.1:7070' };

export function receiverOptions({ access, http, receivers }: Pick<Config, 'access' | 'http' | 'receivers'>): ReceiverPortOptions {
  return { ...receivers, externalUrl: access.publicUrl ?? `http://${http.host}:${http.port}` };
}

/** Ports over the store. */
export function storedReceiverPorts(home: string, { secretKey, olderSecretKeys, allow, externalUrl }: ReceiverPortOptions): Provider[] {
  const useFactory = (): ReceiverSender => ({ sender: new Sender({ allow: parseAllowList(allow) }), box: secretBox(home, { key: secretKey, older: olderSecretKeys }), externalUrl });
  return [
    { provide: RECEIVERS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Receivers(dataSource) },
    { provide: NOTIFICATION_LOG, inject: [DataSource], useFactory: (dataSource: DataSource) => new NotificationLog(dataSource) },
    { provide: RECEIVER_SENDER, useFactory },
  ];
}
