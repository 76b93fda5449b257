import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { issuersOfNewKey } from '#libs/governance/access/issuers';
import { decideOwnKey, reachBeyond } from '#libs/governance/access/own-key';
import { type Permission, permissionsOf } from '#libs/governance/access/permissions';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { keyPrincipal } from '#libs/platform/auth/authenticate';
import { knownScopes, type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ApiKeyRecord, type ApiKeys, MAX_ACCOUNT_KEYS } from '#libs/store/keys/api-keys';
import { lastAdminAsProblem, noSuchAccount } from '../accounts/account-problems.ts';
import { ACCOUNTS, type AccountsPort } from '../http/access-ports.ts';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page, pageAfter } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

export const API_KEYS = Symbol('ApiKeys');
export type ApiKeysPort = Pick<ApiKeys, 'insert' | 'find' | 'list' | 'listOf' | 'revoke'>;

type KeyBody = RouteOutput<typeof ROUTES.revokeKey>;
type CreatedKeyBody = RouteOutput<typeof ROUTES.createKey>;
type KeysBody = RouteOutput<typeof ROUTES.listKeys>;
type AccountKeyRequest = RouteInput<typeof ROUTES.createAccountKey>['body'];
type PageQuery = RouteInput<typeof ROUTES.listKeys>['query'];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Gives out keys and takes them back. A secret is told once and never kept. */
@Injectable()
export class KeyDesk {
  constructor(
    @Inject(API_KEYS) private readonly keys: ApiKeysPort,
    @Inject(ACCOUNTS) private readonly accounts: Pick<AccountsPort, 'find'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async create({ account, ...wanted }: RouteInput<typeof ROUTES.createKey>['body'], caller: Principal): Promise<CreatedKeyBody> {
    return account === undefined ? this.#insert(null, wanted, caller) : this.createFor(account, wanted, caller);
  }

  /** A key for an account, made by an administrator. */
  async createFor(accountId: string, wanted: AccountKeyRequest, caller: Principal): Promise<CreatedKeyBody> {
    const account = await this.accounts.find(accountId);
    if (!account) throw noSuchAccount();
    if (account.tenant !== null && wanted.tenant !== undefined && wanted.tenant !== account.tenant) {
      throw new ProblemError({ status: 400, code: 'tenant_mismatch', title: 'The account is bound to another tenant', detail: `Body field tenant: its account is bound to ${account.tenant}; leave it out.`, field: 'tenant' });
    }
    return this.#insert(accountId, wanted, caller);
  }

  /** A key for the caller's own account, which can do no more than what it came with. */
  async createOwn(wanted: RouteInput<typeof ROUTES.createOwnKey>['body'], caller: Principal): Promise<CreatedKeyBody> {
    const decision = decideOwnKey({
      kind: caller.kind,
      hasAccount: caller.accountId.startsWith('user:'),
      callerMay: caller.permissions,
      rolesAllow: permissionsOf(caller.roles),
      named: wanted.scopes.filter((scope): scope is Permission => scope !== 'admin'),
      namesAdmin: wanted.scopes.includes('admin'),
    });
    if (decision.reason === 'not-a-user') {
      throw new ProblemError({ status: 409, code: 'not_a_user', title: 'Only users make their own keys', detail: 'Keys of service accounts are made by administrators: POST /api/v1/accounts/{accountId}/keys.' });
    }
    if (decision.reason === 'beyond-caller') {
      throw new ProblemError({ status: 403, code: 'scope_beyond_caller', title: 'The key would do more than you may', detail: `Body field scopes: this key or session may not ${decision.permission}; leave it out.`, field: 'scopes' });
    }
    return this.#insert(caller.accountId, { ...wanted, ...(caller.tenant === null ? {} : { tenant: caller.tenant }) }, caller);
  }

  async list({ cursor, limit }: PageQuery): Promise<KeysBody> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (typeof createdAtMs === 'number' && typeof id === 'string' && UUID.test(id) ? { createdAtMs, id } : null));
    const { items, nextCursor } = page(await this.keys.list(limit + 1, after), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    return { items: items.map(keyBody), nextCursor };
  }

  async listOf(accountId: string, query: PageQuery): Promise<KeysBody> {
    if ((await this.accounts.find(accountId)) === null) throw noSuchAccount();
    return this.#pageOf(await this.keys.listOf(accountId), query);
  }

  async listOwn(caller: Principal, query: PageQuery): Promise<KeysBody> {
    if (!hasAccount(caller)) {
      const own = caller.keyId === null ? null : await this.keys.find(caller.keyId);
      return this.#pageOf(own ? [own] : [], query);
    }
    // A key bound to a tenant sees those of its tenant only.
    return this.#pageOf((await this.keys.listOf(caller.accountId)).filter(({ tenant }) => caller.tenant === null || tenant === null || tenant === caller.tenant), query);
  }

  async revoke(id: string, caller: Principal): Promise<KeyBody> {
    const key = await this.keys.find(id);
    if (!key) throw new ProblemError({ status: 404, code: 'key_not_found', title: 'No such key', detail: 'GET /api/v1/keys lists them.' });
    return this.#revoke(key, caller);
  }

  async revokeOwn(id: string, caller: Principal): Promise<KeyBody> {
    const key = await this.keys.find(id);
    const isOwn = key && (key.accountId === caller.accountId || key.id === caller.keyId);
    if (!isOwn) throw new ProblemError({ status: 404, code: 'key_not_found', title: 'No such key of yours', detail: 'GET /api/v1/me/keys lists them.' });
    const beyond = reachBeyond(keyPrincipal(key).permissions, caller.permissions);
    if (beyond !== null && key.id !== caller.keyId) {
      throw new ProblemError({ status: 403, code: 'key_beyond_caller', title: 'The key may do more than you may', detail: `That key may ${beyond}, and this key or session may not: revoke it with a wider one.` });
    }
    return this.#revoke(key, caller);
  }

  async #insert(accountId: string | null, { name, scopes, expiresAt, tenant, requestsPerMinute }: AccountKeyRequest, caller: Principal): Promise<CreatedKeyBody> {
    const createdAtMs = this.settings.now();
    const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
    if (expiresAtMs !== null && expiresAtMs <= createdAtMs) {
      throw new ProblemError({ status: 400, code: 'expiry_in_the_past', title: 'The key would be over already', detail: 'Body field expiresAt: give a time to come, or leave it out.', field: 'expiresAt' });
    }
    if (accountId !== null && (await this.keys.listOf(accountId)).length >= MAX_ACCOUNT_KEYS) {
      throw new ProblemError({ status: 409, code: 'too_many_keys', title: 'The account has too many keys', detail: `An account can have ${MAX_ACCOUNT_KEYS} keys, the revoked ones too: use another account.` });
    }
    const secret = generateApiKey();
    const record = {
      id: randomUUID(), name, scopes: [...new Set(scopes)], createdAtMs, expiresAtMs, accountId, tenant: tenant ?? null, requestsPerMinute: requestsPerMinute ?? null,
      issuedBy: issuersOfNewKey(accountId, caller),
      ...digestApiKey(secret),
    };
    const { prefix, salt: _salt, hash: _hash, id, ...shown } = record;
    await this.keys.insert(record, { ...auditOf(caller, createdAtMs, 'key.create', `key/${id}`, { name, scopes: record.scopes, account: accountId }), after: { prefix, ...shown } });
    return { ...keyBody({ ...record, revokedAtMs: null, lastUsedAtMs: null }), secret };
  }

  async #revoke(key: ApiKeyRecord, caller: Principal): Promise<KeyBody> {
    if (key.id === caller.keyId) throw new ProblemError({ status: 409, code: 'key_in_use', title: 'The key stays', detail: 'This is the key of this very request: revoke it with another one.' });
    const atMs = this.settings.now();
    if (key.revokedAtMs === null) {
      const entry = auditOf(caller, atMs, 'key.revoke', `key/${key.id}`, { name: key.name, account: key.accountId });
      await lastAdminAsProblem(this.keys.revoke(key.id, atMs, entry, this.settings.access?.oidc?.issuer ?? null), 'Create another administrator, or another key of one, first.');
    }
    return keyBody({ ...key, revokedAtMs: key.revokedAtMs ?? atMs });
  }

  #pageOf(keys: readonly ApiKeyRecord[], query: PageQuery): KeysBody {
    const { items, nextCursor } = pageAfter(keys, query, ({ id }) => id);
    return { items: items.map(keyBody), nextCursor };
  }
}

function hasAccount({ accountId }: Principal): boolean {
  return !accountId.startsWith('key:');
}

function keyBody(key: Omit<ApiKeyRecord, 'salt' | 'hash'>): KeyBody {
  const { id, name, prefix, scopes, accountId, issuedBy, tenant, requestsPerMinute, createdAtMs, expiresAtMs, lastUsedAtMs, revokedAtMs } = key;
  return {
    id, name, prefix, scopes: knownScopes(scopes), account: accountId, issuedBy, tenant, requestsPerMinute,
    createdAt: new Date(createdAtMs).toISOString(), expiresAt: timeText(expiresAtMs), lastUsedAt: timeText(lastUsedAtMs), revokedAt: timeText(revokedAtMs),
  };
}

function timeText(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
