import { expect, it } from 'vitest';
import { type StoredKey } from './authenticate.ts';
import { cachedKeyStore } from './cached-key-store.ts';

const KEY: StoredKey = { id: '1', name: 'ci', scopes: ['inference'], salt: new Uint8Array(), hash: new Uint8Array(), expiresAtMs: null, revokedAtMs: null };
const LIMITS = { ttlMs: 1000, outageMs: 10_000, lookUpMs: 60_000, maxEntries: 10 };

function outage() {
  const state = { nowMs: 0, away: false, asked: 0, key: KEY as StoredKey | null };
  const findByPrefix = async (): Promise<StoredKey | null> => {
    state.asked += 1;
    if (state.away) throw new Error('away');
    return state.key;
  };
  return { state, store: cachedKeyStore({ findByPrefix }, { ...LIMITS, now: () => state.nowMs }) };
}

it('goes on with a known key while the store is away, asking once per time to live, and not for ever', async () => {
  const { state, store } = outage();
  await store.findByPrefix('a');
  state.away = true;
  state.nowMs = 1000;
  expect(await Promise.all([store.findByPrefix('a'), store.findByPrefix('a')])).toEqual([KEY, KEY]);
  state.nowMs = 1999;
  await store.findByPrefix('a');
  expect(state.asked).toBe(2);
  state.nowMs = 9999;
  expect(await store.findByPrefix('a')).toBe(KEY);
  // Counted from the store's own last answer, so that the cache does not feed itself.
  state.nowMs = 11_000;
  await expect(store.findByPrefix('a')).rejects.toThrow('away');
});

it('believes the store again as soon as it answers', async () => {
  const { state, store } = outage();
  await store.findByPrefix('a');
  state.away = true;
  state.nowMs = 1000;
  await store.findByPrefix('a');
  state.away = false;
  state.key = { ...KEY, revokedAtMs: 5 };
  state.nowMs = 2000;
  expect((await store.findByPrefix('a'))?.revokedAtMs).toBe(5);
});

it('lets no prefix in that it never saw', async () => {
  const { state, store } = outage();
  state.key = null;
  expect(await store.findByPrefix('b')).toBeNull();
  state.away = true;
  state.nowMs = 1000;
  await expect(store.findByPrefix('b')).rejects.toThrow('away');
  await expect(store.findByPrefix('c')).rejects.toThrow('away');
});

it('takes a store that does not answer for one that is away', async () => {
  let isSilent = false;
  let nowMs = 0;
  const findByPrefix = (): Promise<StoredKey | null> => (isSilent ? new Promise(() => undefined) : Promise.resolve(KEY));
  const store = cachedKeyStore({ findByPrefix }, { ...LIMITS, lookUpMs: 5, now: () => nowMs });
  await store.findByPrefix('a');
  isSilent = true;
  nowMs = 1000;
  expect(await store.findByPrefix('a')).toBe(KEY);
  await expect(store.findByPrefix('b')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});
