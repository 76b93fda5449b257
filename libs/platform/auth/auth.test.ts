import { describe, expect, it } from 'vitest';
import { digestApiKey, generateApiKey, matchesDigest, prefixOf } from './api-key.ts';
import { authenticate, type KeyStore, type StoredKey } from './authenticate.ts';
import { cachedKeyStore } from './cached-key-store.ts';
import { scopePermissions } from './scopes.ts';

const NOW_MS = 1_800_000_000_000;
const CHOSEN = 'correct-horse-battery-staple';

function storeOf(...keys: { key: string; over?: Partial<StoredKey> }[]): KeyStore {
  const stored = new Map(
    keys.map(({ key, over }) => {
      const { prefix, salt, hash } = digestApiKey(key);
      const record: StoredKey = { id: `id-${prefix}`, name: 'ci', scopes: ['inference', 'later'], salt, hash, expiresAtMs: null, revokedAtMs: null, ...over };
      return [prefix, record];
    }),
  );
  return { findByPrefix: async (prefix) => stored.get(prefix) ?? null };
}

describe('API keys', () => {
  it('have a public prefix and a secret, and are stored as a salted hash', () => {
    const key = generateApiKey();
    expect(key).toMatch(/^sbx_[a-z2-7]{8}_[A-Za-z0-9_-]{43}$/);
    expect(prefixOf(key)).toBe(key.slice(4, 12));
    const digest = digestApiKey(key);
    expect(matchesDigest(key, digest)).toBe(true);
    expect(matchesDigest(generateApiKey(), digest)).toBe(false);
    expect(digestApiKey(key).hash).not.toEqual(digest.hash);
    expect(Buffer.from(digest.hash).toString('latin1')).not.toContain(key.slice(13));
  });

  it('may be chosen by the operator, if long enough', () => {
    expect(prefixOf(CHOSEN)).toMatch(/^h[0-9a-f]{16}$/);
    expect(CHOSEN).not.toContain(prefixOf(CHOSEN));
    expect(matchesDigest(CHOSEN, digestApiKey(CHOSEN))).toBe(true);
    expect(() => digestApiKey('too-short')).toThrow(RangeError);
    expect(prefixOf('twenty four characters with spaces')).toBeNull();
  });
});

describe('authenticate', () => {
  const key = generateApiKey();
  const check = (header: string | undefined, over?: Partial<StoredKey>) => authenticate(header, storeOf({ key, over }, { key: CHOSEN }), NOW_MS);

  it('names the principal of a good key, with the scopes this version knows', async () => {
    expect(await check(`Bearer ${key}`)).toMatchObject({ ok: true, principal: { keyId: `id-${prefixOf(key)}`, name: 'ci', permissions: ['inference'] } });
    expect(await check(`bearer ${CHOSEN}`)).toMatchObject({ ok: true });
    expect(await check(`Bearer ${key}`, { expiresAtMs: NOW_MS + 1 })).toMatchObject({ ok: true });
  });

  it.each([
    ['missing', undefined, {}],
    ['missing', ' ', {}],
    ['malformed', `Basic ${key}`, {}],
    ['malformed', 'Bearer short', {}],
    ['malformed', `Bearer ${key} ${key}`, {}],
    ['unknown', `Bearer ${generateApiKey()}`, {}],
    ['unknown', `Bearer ${key}x`, {}],
    ['unknown', `Bearer ${key}x`, { revokedAtMs: NOW_MS - 1 }],
    ['revoked', `Bearer ${key}`, { revokedAtMs: NOW_MS - 1 }],
    ['expired', `Bearer ${key}`, { expiresAtMs: NOW_MS }],
  ] as const)('refuses as %s: %s', async (reason, header, over) => {
    const result = await check(header, over);
    expect(result).toMatchObject({ ok: false, reason });
    expect(JSON.stringify(result)).not.toContain(key);
  });
});

describe('a key that acts for an account', () => {
  const key = generateApiKey();
  const account = { id: 'service:1', kind: 'service', name: 'app', roles: ['operator', 'later'], tenant: null, disabledAtMs: null } as const;
  const principal = async (over: Partial<StoredKey>) => {
    const result = await authenticate(`Bearer ${key}`, storeOf({ key, over }), NOW_MS);
    return result.ok ? result.principal : result.reason;
  };

  it('may do what both the roles and the scopes allow', async () => {
    expect(await principal({ account, scopes: ['admin'] })).toMatchObject({ accountId: 'service:1', name: 'app', roles: ['operator'], permissions: ['read', 'statistics', 'feedback', 'operate'] });
    expect(await principal({ account, scopes: ['read', 'inference'] })).toMatchObject({ permissions: ['read'] });
    expect(await principal({ account: { ...account, roles: ['admin', 'trace-reader'] }, scopes: ['admin'] })).not.toMatchObject({ permissions: expect.arrayContaining(['traces']) });
    expect(await principal({ account: { ...account, roles: ['admin', 'trace-reader'] }, scopes: ['admin', 'traces'] })).toMatchObject({ permissions: expect.arrayContaining(['traces']) });
  });

  it('is bound to the tenant of its account before its own', async () => {
    expect(await principal({ account, tenant: 'acme' })).toMatchObject({ tenant: 'acme' });
    expect(await principal({ account: { ...account, tenant: 'acme' }, tenant: 'other' })).toMatchObject({ tenant: 'acme' });
  });

  it('names who made it, where that is another, and ends with its account', async () => {
    expect(await principal({ account, issuedBy: 'user:2' })).toMatchObject({ issuedBy: 'user:2' });
    expect(await principal({ account, issuedBy: 'service:1' })).toMatchObject({ issuedBy: null });
    expect(await principal({ account: { ...account, disabledAtMs: NOW_MS } })).toBe('disabled');
  });
});

describe('scopePermissions', () => {
  it('lets admin do all but read traces', () => {
    const all = scopePermissions(['admin']);
    expect([all.includes('inference'), all.includes('read'), all.includes('administer'), all.includes('traces')]).toEqual([true, true, true, false]);
    expect(scopePermissions(['traces'])).toEqual(['traces']);
  });
});

describe('cachedKeyStore', () => {
  it('asks again only when stale, evicts the oldest, and keeps no failure', async () => {
    const asked: string[] = [];
    let nowMs = NOW_MS;
    let failing = false;
    const store = cachedKeyStore(
      {
        findByPrefix: async (prefix) => {
          asked.push(prefix);
          if (failing) throw new Error('database away');
          return null;
        },
      },
      { ttlMs: 1000, outageMs: 0, lookUpMs: 60_000, maxEntries: 2, now: () => nowMs },
    );
    await Promise.all([store.findByPrefix('a'), store.findByPrefix('a')]);
    expect(asked).toEqual(['a']);
    nowMs += 1000;
    await store.findByPrefix('a');
    expect(asked).toEqual(['a', 'a']);
    await store.findByPrefix('b');
    await store.findByPrefix('c');
    await store.findByPrefix('a');
    expect(asked).toEqual(['a', 'a', 'b', 'c', 'a']);
    failing = true;
    await expect(store.findByPrefix('d')).rejects.toThrow('database away');
    failing = false;
    expect(await store.findByPrefix('d')).toBeNull();
  });
});
