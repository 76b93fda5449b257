import { describe, expect, it } from 'vitest';
import { matchesDigest, prefixOf } from '#libs/platform/auth/api-key';
import { type AccountRecord, FIRST_ADMIN_ID } from '#libs/store/accounts/account';
import { type ApiKeyRecord, type NewApiKey } from '#libs/store/keys/api-keys';
import { ensureFirstKey } from './first-key.ts';

const NOW_MS = 1_800_000_000_000;
const GIVEN = 'operator-chosen-key-of-enough-length';

function house() {
  const rows: ApiKeyRecord[] = [];
  const state = { admin: null as AccountRecord | null, restored: 0 };
  const accounts = {
    find: async () => state.admin,
    ensureFirstAdmin: async () => {
      if (state.admin) state.restored += 1;
      state.admin = { id: FIRST_ADMIN_ID, kind: 'user', name: 'admin', email: null, roles: ['admin', 'trace-reader'], tenant: null, disabledAtMs: null, createdAtMs: NOW_MS, createdBy: 'system', version: 1 };
      return true;
    },
  };
  const keys = {
    count: async () => rows.length,
    findByPrefix: async (prefix: string) => {
      const row = rows.find((one) => one.prefix === prefix);
      return row ? { ...row, account: null } : null;
    },
    insert: async (key: NewApiKey) => void rows.push({ accountId: null, issuedBy: null, tenant: null, requestsPerMinute: null, ...key, revokedAtMs: null, lastUsedAtMs: null }),
    assign: async (id: string, accountId: string) => {
      const index = rows.findIndex((row) => row.id === id);
      rows[index] = { ...rows[index]!, accountId };
      return true;
    },
  };
  return { rows, state, keys, accounts };
}

describe('ensureFirstKey', () => {
  it('generates one key of the first administrator, once, and stores no key in the clear', async () => {
    const place = house();
    const first = await ensureFirstKey(place, null, NOW_MS);
    expect(first.reason).toBe('no-key-yet');
    expect(place.rows).toHaveLength(1);
    expect(place.rows[0]).toMatchObject({ prefix: prefixOf(first.generated ?? ''), scopes: ['admin', 'traces'], accountId: FIRST_ADMIN_ID });
    expect(JSON.stringify(place.rows)).not.toContain(first.generated?.slice(13));
    expect(await ensureFirstKey(place, null, NOW_MS)).toEqual({ reason: 'keys-exist', generated: null });
    expect(place.state.restored).toBe(0);
  });

  it('takes a given key as it is, also where others exist, never shows it, and lets the administrator in again', async () => {
    const place = house();
    await ensureFirstKey(place, null, NOW_MS);
    expect(await ensureFirstKey(place, GIVEN, NOW_MS)).toEqual({ reason: 'given-key-new', generated: null });
    const stored = place.rows[1];
    expect(stored && matchesDigest(GIVEN, stored)).toBe(true);
    expect(place.state.restored).toBe(1);
    expect(await ensureFirstKey(place, GIVEN, NOW_MS)).toEqual({ reason: 'given-key-known', generated: null });
    expect(place.rows).toHaveLength(2);
    expect(place.state.restored).toBe(1);
  });

  it('gives a key that an older version stored to the first administrator', async () => {
    const place = house();
    await ensureFirstKey(place, GIVEN, NOW_MS);
    place.state.admin = null;
    place.rows[0] = { ...place.rows[0]!, accountId: null };
    expect(await ensureFirstKey(place, GIVEN, NOW_MS)).toMatchObject({ reason: 'given-key-known' });
    expect(place.state.admin).not.toBeNull();
    expect(place.rows).toMatchObject([{ accountId: FIRST_ADMIN_ID }]);
  });
});
