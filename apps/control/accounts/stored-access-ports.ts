import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Accounts } from '#libs/store/accounts/accounts';
import { IdempotencyKeys } from '#libs/store/accounts/idempotency-keys';
import { OidcSignIns } from '#libs/store/accounts/oidc-sign-ins';
import { Sessions } from '#libs/store/accounts/sessions';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { ACCOUNTS, KEY_STORE, SESSIONS } from '../http/access-ports.ts';
import { type ControlSettings, CONTROL_SETTINGS } from '../settings.ts';
import { OidcProvider } from '../session/oidc-provider.ts';
import { OIDC_PROVIDER, SIGN_INS } from '../session/sign-in-desk.ts';
import { storedLimiters } from '../http/api-limits.ts';
import { IDEMPOTENCY_KEYS } from '../http/idempotency.interceptor.ts';
import { API_KEYS } from '../keys/key-desk.ts';

/** The provider that the settings name, or null. */
export const oidcProvider: Provider = {
  provide: OIDC_PROVIDER,
  inject: [CONTROL_SETTINGS],
  useFactory: ({ access }: ControlSettings) => (access?.oidc ? new OidcProvider(access.oidc) : null),
};

/** Ports of accounts, keys and sessions over the store. */
export const storedAccessPorts: Provider[] = [
  { provide: API_KEYS, useExisting: ApiKeys },
  // Not cached: a revoked key is refused at once.
  { provide: KEY_STORE, useExisting: ApiKeys },
  { provide: ACCOUNTS, useExisting: Accounts },
  { provide: SESSIONS, inject: [DataSource, Accounts, ApiKeys], useFactory: (dataSource: DataSource, accounts: Accounts, keys: ApiKeys) => new Sessions(dataSource, accounts, keys) },
  { provide: SIGN_INS, inject: [DataSource], useFactory: (dataSource: DataSource) => new OidcSignIns(dataSource) },
  { provide: IDEMPOTENCY_KEYS, inject: [DataSource], useFactory: (dataSource: DataSource) => new IdempotencyKeys(dataSource) },
  storedLimiters,
  oidcProvider,
];
