import { type Provider } from '@nestjs/common';
import { NOTIFICATION_LOG, RECEIVER_SENDER, RECEIVERS } from '../receivers/receiver-ports.ts';

/** No receiver at all: what they do is tested on PostgreSQL, in test/delivery. */
export function fakeReceiverPorts(): Provider[] {
  return [
    { provide: RECEIVERS, useValue: { list: async () => [], find: async () => null } },
    { provide: NOTIFICATION_LOG, useValue: { list: async () => [], find: async () => null, counts: async () => new Map() } },
    { provide: RECEIVER_SENDER, useValue: {} },
  ];
}
