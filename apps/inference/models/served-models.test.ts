import { beforeEach, expect, it } from 'vitest';
import { FAKE_RELEASE, fakeTokenizer } from '../testing/fake-engine.ts';
import { type ModelChange, ServedModels } from './served-models.ts';
import { type ActiveRelease } from './served-release.ts';

let active: ActiveRelease[];
let broken: Set<string>;
let loaded: string[];
let changes: ModelChange[];
let models: ServedModels;
let nowMs: number;

const release = (releaseId: string, model = 'm'): ActiveRelease => ({ ...FAKE_RELEASE, model, releaseId });

beforeEach(() => {
  active = [release('a')];
  broken = new Set();
  loaded = [];
  changes = [];
  nowMs = 0;
  const engine = {
    load: async (releaseId: string) => {
      if (broken.has(releaseId)) throw new Error('broken');
      loaded.push(releaseId);
    },
    unload: async (releaseId: string) => {
      loaded = loaded.filter((id) => id !== releaseId);
    },
  };
  const directory = { generation: async () => active.map(({ model, releaseId }) => model + releaseId).join(), active: async () => active };
  models = new ServedModels(engine, directory, async () => fakeTokenizer, (change) => changes.push(change));
});

const sync = (): Promise<void> => models.sync(() => nowMs);
const serving = (): Record<string, string> => Object.fromEntries(models.serving().map(({ model, releaseId }) => [model, releaseId]));

it('serves what is active and keeps the one before for a rollback', async () => {
  await sync();
  expect(serving()).toEqual({ m: 'a' });
  active = [release('b')];
  await sync();
  expect(serving()).toEqual({ m: 'b' });
  expect(loaded).toEqual(['a', 'b']);
  active = [release('c')];
  await sync();
  expect(loaded).toEqual(['b', 'c']);
  expect(models.pin('none')).toBeNull();
});

it('keeps a pinned release until its last request ends', async () => {
  await sync();
  const pin = models.pin('m');
  for (const id of ['b', 'c']) {
    active = [release(id)];
    await sync();
  }
  expect(loaded).toEqual(['a', 'b', 'c']);
  expect(pin?.release.releaseId).toBe('a');
  pin?.unpin();
  pin?.unpin();
  expect(loaded).toEqual(['b', 'c']);
});

it('keeps serving the former release where the new one does not load, and tries again after a while', async () => {
  await sync();
  broken.add('b');
  active = [release('b'), release('x', 'other')];
  await sync();
  expect(serving()).toEqual({ m: 'a', other: 'x' });
  broken.clear();
  await sync();
  expect(serving()).toEqual({ m: 'a', other: 'x' });
  nowMs = 10_000;
  await sync();
  expect(serving()).toEqual({ m: 'b', other: 'x' });
  expect(changes.filter(({ type }) => type === 'load-failed')).toHaveLength(1);
});

it('tells which active models it cannot serve', async () => {
  broken.add('b');
  active = [release('a'), release('b', 'other')];
  await sync();
  expect([serving(), models.missing()]).toEqual([{ m: 'a' }, ['other']]);
});

it('takes a pinned release back that becomes active again', async () => {
  await sync();
  const pin = models.pin('m');
  for (const id of ['b', 'c', 'a']) {
    active = [release(id)];
    await sync();
  }
  pin?.unpin();
  expect(serving()).toEqual({ m: 'a' });
  expect(loaded).toContain('a');
});

it('unloads what is no longer active at all', async () => {
  await sync();
  active = [];
  await sync();
  expect([serving(), loaded]).toEqual([{}, []]);
});
