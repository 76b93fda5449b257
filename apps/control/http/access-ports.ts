import { type KeyStore } from '#libs/platform/auth/authenticate';
import { type Accounts } from '#libs/store/accounts/accounts';
import { type Sessions } from '#libs/store/accounts/sessions';
import { type ApiKeys } from '#libs/store/keys/api-keys';

export const KEY_STORE = Symbol('KeyStore');
/** Keys as requests bring them; `touch` notes their use. */
export type KeyStorePort = KeyStore & Partial<Pick<ApiKeys, 'touch'>>;

export const SESSIONS = Symbol('Sessions');
export type SessionsPort = Pick<Sessions, 'open' | 'findBySecret' | 'touch' | 'list' | 'end' | 'endAll'>;

export const ACCOUNTS = Symbol('Accounts');
export type AccountsPort = Pick<Accounts, 'find' | 'list' | 'insert' | 'update'>;
