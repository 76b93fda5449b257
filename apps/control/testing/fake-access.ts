import { type Provider } from '@nestjs/common';
import { type AccountRecord } from '#libs/store/accounts/account';
import { type SessionInUse, type SessionRecord } from '#libs/store/accounts/sessions';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type ApiKeyRecord } from '#libs/store/keys/api-keys';
import { oidcProvider } from '../accounts/stored-access-ports.ts';
import { ACCOUNTS, type AccountsPort, KEY_STORE, type KeyStorePort, SESSIONS, type SessionsPort } from '../http/access-ports.ts';
import { limiters, LIMITERS } from '../http/api-limits.ts';
import { IDEMPOTENCY_KEYS, type IdempotencyKeysPort } from '../http/idempotency.interceptor.ts';
import { API_KEYS, type ApiKeysPort } from '../keys/key-desk.ts';
import { SIGN_INS, type SignInsPort } from '../session/sign-in-desk.ts';

/** Accounts, keys and sessions in memory, with just enough behaviour to test the API over them. */
export class FakeAccess {
  readonly keys: ApiKeyRecord[] = [];
  readonly accounts: AccountRecord[] = [];
  readonly sessions = new Map<string, SessionRecord & { readonly hash: string }>();
  readonly #append: (entry: AuditEntry) => void;

  constructor(append: (entry: AuditEntry) => void) {
    this.#append = append;
  }

  providers(): Provider[] {
    return [
      { provide: KEY_STORE, useValue: this.#store() },
      { provide: API_KEYS, useValue: this.#keys() },
      { provide: ACCOUNTS, useValue: this.#accountsPort() },
      { provide: SESSIONS, useValue: this.#sessionsPort() },
      { provide: SIGN_INS, useValue: { begin: async () => {}, take: async () => null, enter: async () => ({ outcome: 'refused', reason: 'account-disabled' }) } satisfies SignInsPort },
      { provide: IDEMPOTENCY_KEYS, useValue: { begin: async () => ({ outcome: 'begun' }), finish: async () => {}, forget: async () => {} } satisfies IdempotencyKeysPort },
      { provide: LIMITERS, useValue: limiters(null, undefined) },
      oidcProvider,
    ];
  }

  #account(id: string | null): AccountRecord | null {
    return this.accounts.find((account) => account.id === id) ?? null;
  }

  #store(): KeyStorePort {
    return {
      findByPrefix: async (prefix) => {
        const key = this.keys.find((one) => one.prefix === prefix);
        return key ? { ...key, account: this.#account(key.accountId) } : null;
      },
    };
  }

  #keys(): ApiKeysPort {
    return {
      insert: async (key, entry) => {
        this.keys.push({ accountId: null, issuedBy: null, tenant: null, requestsPerMinute: null, ...key, revokedAtMs: null, lastUsedAtMs: null });
        this.#append(entry);
      },
      find: async (id) => {
        const key = this.keys.find((one) => one.id === id);
        return key ? { ...key, account: this.#account(key.accountId) } : null;
      },
      list: async (limit) => this.keys.slice(0, limit),
      listOf: async (accountId) => this.keys.filter((key) => key.accountId === accountId),
      revoke: async (id, atMs, entry) => {
        const index = this.keys.findIndex((key) => key.id === id);
        this.keys[index] = { ...this.keys[index]!, revokedAtMs: atMs };
        this.#append(entry);
        return true;
      },
    };
  }

  #accountsPort(): AccountsPort {
    return {
      find: async (id) => this.#account(id),
      list: async (limit) => this.accounts.slice(0, limit),
      insert: async (account, entry) => {
        if (this.accounts.some(({ name }) => name === account.name)) return false;
        this.accounts.push({ ...account, disabledAtMs: null, version: 1 });
        this.#append(entry);
        return true;
      },
      update: async ({ id, expectedVersion, change, audit }) => {
        const index = this.accounts.findIndex((account) => account.id === id);
        const before = this.accounts[index];
        if (!before) return { outcome: 'missing' };
        if (before.version !== expectedVersion) return { outcome: 'stale', account: before };
        const account = { ...before, ...change, version: before.version + 1 };
        this.accounts[index] = account;
        this.#append(audit(before, account));
        return { outcome: 'changed', account, before };
      },
    };
  }

  #sessionsPort(): SessionsPort {
    const hashOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
    return {
      open: async ({ secretHash, ...session }, entry) => {
        this.sessions.set(session.id, { ...session, hash: hashOf(secretHash), lastSeenAtMs: session.createdAtMs, revokedAtMs: null });
        this.#append(entry);
      },
      findBySecret: async (secretHash): Promise<SessionInUse | null> => {
        const session = [...this.sessions.values()].find(({ hash }) => hash === hashOf(secretHash));
        if (!session) return null;
        const key = this.keys.find(({ id }) => id === session.keyId);
        return { ...session, account: this.#account(session.accountId), key: key ? { ...key, account: this.#account(key.accountId) } : null };
      },
      touch: async ({ id }, atMs) => void this.sessions.set(id, { ...this.sessions.get(id)!, lastSeenAtMs: atMs }),
      list: async (owner, limit) => [...this.sessions.values()].filter((session) => ('accountId' in owner ? session.accountId === owner.accountId : session.keyId === owner.keyId)).slice(0, limit),
      end: async (_owner, id, atMs, entry) => {
        const session = this.sessions.get(id);
        if (!session) return null;
        this.sessions.set(id, { ...session, revokedAtMs: atMs });
        this.#append(entry);
        return { ...session, revokedAtMs: atMs };
      },
      endAll: async () => 0,
    };
  }
}
