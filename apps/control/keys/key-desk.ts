import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { knownScopes, type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ApiKeyRecord, type ApiKeys } from '#libs/store/keys/api-keys';
import { auditOf } from '../http/audited.ts';
import { pageAfter } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { whyKeep } from './why-keep.ts';

export const API_KEYS = Symbol('ApiKeys');
export type ApiKeysPort = Pick<ApiKeys, 'insert' | 'list' | 'revoke'>;

type KeyBody = RouteOutput<typeof ROUTES.revokeKey>;

/** Gives out keys and takes them back. A secret is told once and never kept. */
@Injectable()
export class KeyDesk {
  constructor(
    @Inject(API_KEYS) private readonly keys: ApiKeysPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async create({ name, scopes }: RouteInput<typeof ROUTES.createKey>['body'], caller: Principal): Promise<RouteOutput<typeof ROUTES.createKey>> {
    const secret = generateApiKey();
    const record = { id: randomUUID(), name, scopes: [...new Set(scopes)], createdAtMs: this.settings.now(), expiresAtMs: null, ...digestApiKey(secret) };
    await this.keys.insert(record, auditOf(caller, record.createdAtMs, 'key.create', `key/${record.id}`, { name, scopes: record.scopes }));
    return { ...keyBody({ ...record, revokedAtMs: null }), secret };
  }

  async list(query: RouteInput<typeof ROUTES.listKeys>['query']): Promise<RouteOutput<typeof ROUTES.listKeys>> {
    const { items, nextCursor } = pageAfter(await this.keys.list(), query, ({ id }) => id);
    return { items: items.map(keyBody), nextCursor };
  }

  async revoke(id: string, caller: Principal): Promise<KeyBody> {
    const keys = await this.keys.list();
    const key = keys.find((other) => other.id === id);
    if (!key) throw new ProblemError({ status: 404, code: 'key_not_found', title: 'No such key', detail: 'GET /api/v1/keys lists them.' });
    const keep = whyKeep(key, keys, caller.keyId, this.settings.now());
    if (keep) throw new ProblemError({ status: 409, title: 'The key stays', ...keep });
    const atMs = this.settings.now();
    if (key.revokedAtMs === null) await this.keys.revoke(id, atMs, auditOf(caller, atMs, 'key.revoke', `key/${id}`, { name: key.name }));
    return keyBody({ ...key, revokedAtMs: key.revokedAtMs ?? atMs });
  }
}

function keyBody({ id, name, scopes, createdAtMs, revokedAtMs }: Pick<ApiKeyRecord, 'id' | 'name' | 'scopes' | 'createdAtMs' | 'revokedAtMs'>): KeyBody {
  return { id, name, scopes: knownScopes(scopes), createdAt: new Date(createdAtMs).toISOString(), revokedAt: revokedAtMs === null ? null : new Date(revokedAtMs).toISOString() };
}
