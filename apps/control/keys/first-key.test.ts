import { describe, expect, it } from 'vitest';
import { matchesDigest, prefixOf } from '#libs/platform/auth/api-key';
import { type ApiKeyRecord, type NewApiKey } from '#libs/store/keys/api-keys';
import { ensureFirstKey } from './first-key.ts';

const NOW_MS = 1_800_000_000_000;
const GIVEN = 'operator-chosen-key-of-enough-length';

function keyTable() {
  const rows: ApiKeyRecord[] = [];
  return {
    rows,
    count: async () => rows.length,
    findByPrefix: async (prefix: string) => rows.find((row) => row.prefix === prefix) ?? null,
    insert: async (key: NewApiKey) => void rows.push({ ...key, revokedAtMs: null, lastUsedAtMs: null }),
  };
}

describe('ensureFirstKey', () => {
  it('generates one key, once, and stores no key in the clear', async () => {
    const table = keyTable();
    const first = await ensureFirstKey(table, null, NOW_MS);
    expect(first.reason).toBe('no-key-yet');
    expect(table.rows).toHaveLength(1);
    expect(table.rows[0]).toMatchObject({ prefix: prefixOf(first.generated ?? ''), scopes: ['admin', 'traces'] });
    expect(JSON.stringify(table.rows)).not.toContain(first.generated?.slice(13));
    expect(await ensureFirstKey(table, null, NOW_MS)).toEqual({ reason: 'keys-exist', generated: null });
  });

  it('takes a given key as it is, also where others exist, and never shows it', async () => {
    const table = keyTable();
    await ensureFirstKey(table, null, NOW_MS);
    expect(await ensureFirstKey(table, GIVEN, NOW_MS)).toEqual({ reason: 'given-key-new', generated: null });
    const stored = table.rows[1];
    expect(stored && matchesDigest(GIVEN, stored)).toBe(true);
    expect(await ensureFirstKey(table, GIVEN, NOW_MS)).toEqual({ reason: 'given-key-known', generated: null });
    expect(table.rows).toHaveLength(2);
  });
});
