import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Accounts } from '#libs/store/accounts/accounts';
import { Sessions } from '#libs/store/accounts/sessions';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { ACCOUNTS, KEY_STORE, SESSIONS } from '../http/access-ports.ts';
import { API_KEYS } from '../keys/key-desk.ts';

/** Ports of accounts, keys and sessions over the store. */
export const storedAccessPorts: Provider[] = [
  { provide: API_KEYS, useExisting: ApiKeys },
  // Not cached: a revoked key is refused at once.
  { provide: KEY_STORE, useExisting: ApiKeys },
  { provide: ACCOUNTS, useExisting: Accounts },
  { provide: SESSIONS, inject: [DataSource, Accounts, ApiKeys], useFactory: (dataSource: DataSource, accounts: Accounts, keys: ApiKeys) => new Sessions(dataSource, accounts, keys) },
];
