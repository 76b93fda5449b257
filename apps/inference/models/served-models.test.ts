import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type ActivationState } from '#libs/governance/activation/activation-state';
import { FAKE_RELEASE, fakeTokenizer } from '../testing/fake-engine.ts';
import { type ModelChange, ServedModels } from './served-models.ts';
import { type ActiveModel } from './served-release.ts';

let active: ActiveModel[];
let broken: Set<string>;
let loaded: string[];
let changes: ModelChange[];
let models: ServedModels;
let nowMs: number;
/** Loads wait for these, by release. */
let gates: Map<string, PromiseWithResolvers<void>>;

const canaryOf = (releaseId: string): NonNullable<ActivationState['canary']> => ({ releaseId, share: 0.5, stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: 's' });

let generation = 0;
function model(stable: string, fields: { model?: string; canary?: string; shadow?: string; previous?: string } = {}): ActiveModel {
  const name = fields.model ?? 'm';
  const named = [stable, fields.canary, fields.shadow, fields.previous].filter((id) => id !== undefined);
  generation += 1;
  return {
    activation: {
      model: name, stable, previous: fields.previous ?? null, generation,
      canary: fields.canary === undefined ? null : canaryOf(fields.canary), shadow: fields.shadow === undefined ? null : { releaseId: fields.shadow, share: 1 },
    },
    activatedAtMs: 1,
    releases: named.map((releaseId) => ({ ...FAKE_RELEASE, model: name, releaseId })),
  };
}

beforeEach(() => {
  generation = 0;
  active = [model('a')];
  broken = new Set();
  loaded = [];
  changes = [];
  nowMs = 0;
  gates = new Map();
  const engine = {
    load: async (releaseId: string) => {
      await gates.get(releaseId)?.promise;
      if (broken.has(releaseId)) throw new Error('broken');
      loaded.push(releaseId);
    },
    unload: async (releaseId: string) => {
      loaded = loaded.filter((id) => id !== releaseId);
    },
  };
  const directory = { generation: async () => JSON.stringify(active.map(({ activation }) => activation)), active: async () => active };
  models = new ServedModels(engine, directory, async () => fakeTokenizer, (change) => changes.push(change), () => nowMs);
});

async function sync(): Promise<void> {
  await models.sync();
  await models.settled('all');
}
const serving = (): Record<string, string> => Object.fromEntries(models.serving().map((release) => [release.model, release.releaseId]));
const observed = () => models.observed().map(({ model: name, generation: taken, state, detail, stable, canary }) => ({ model: name, generation: taken, state, detail, stable, canary }));

describe('ServedModels', () => {
  it('serves what is active and keeps the one before for a rollback', async () => {
    await sync();
    expect(serving()).toEqual({ m: 'a' });
    active = [model('b', { previous: 'a' })];
    await sync();
    expect(serving()).toEqual({ m: 'b' });
    expect(loaded).toEqual(['a', 'b']);
    active = [model('c', { previous: 'b' })];
    await sync();
    expect(loaded).toEqual(['b', 'c']);
    expect(models.pin('none')).toBeNull();
  });

  it('keeps what was rolled back, which may come again, and not for ever', async () => {
    await sync();
    active = [model('b', { previous: 'a' })];
    await sync();
    active = [model('a')];
    await sync();
    expect([serving(), loaded.toSorted()]).toEqual([{ m: 'a' }, ['a', 'b']]);
    active = [model('c', { previous: 'a' })];
    await sync();
    expect(loaded.toSorted()).toEqual(['a', 'c']);
  });

  it('keeps a pinned release until its last request ends', async () => {
    await sync();
    const pin = models.pin('m');
    for (const id of ['b', 'c']) {
      active = [model(id)];
      await sync();
    }
    expect(loaded).toEqual(['a', 'b', 'c']);
    expect(pin?.stable.release.releaseId).toBe('a');
    pin?.stable.unpin();
    pin?.stable.unpin();
    expect(loaded).toEqual(['b', 'c']);
  });

  it('keeps serving the former release where the new one does not load, and tries again after a while', async () => {
    await sync();
    broken.add('b');
    active = [model('b'), model('x', { model: 'other' })];
    await sync();
    expect(serving()).toEqual({ m: 'a', other: 'x' });
    expect(observed()).toMatchObject([{ generation: 1, state: 'failed', stable: 'a', detail: 'stable b does not load: broken' }, { model: 'other', state: 'ready', generation: 3 }]);
    broken.clear();
    await sync();
    expect(serving()).toEqual({ m: 'a', other: 'x' });
    nowMs = 10_000;
    await sync();
    expect(serving()).toEqual({ m: 'b', other: 'x' });
    expect(changes.filter(({ type }) => type === 'load-failed')).toHaveLength(1);
    expect(observed()).toMatchObject([{ generation: 2, state: 'ready', detail: null }, {}]);
  });

  it('tells which active models it cannot serve', async () => {
    broken.add('b');
    gates.set('c', Promise.withResolvers());
    active = [model('a'), model('b', { model: 'other' }), model('c', { model: 'slow' })];
    await models.sync();
    await vi.waitFor(() => expect(models.missing()).toEqual(['other']));
    expect(serving()).toEqual({ m: 'a' });
    gates.get('c')?.resolve();
  });

  it('takes a pinned release back that becomes active again', async () => {
    await sync();
    const pin = models.pin('m');
    for (const id of ['b', 'c', 'a']) {
      active = [model(id)];
      await sync();
    }
    pin?.stable.unpin();
    expect(serving()).toEqual({ m: 'a' });
    expect(loaded).toContain('a');
  });

  it('unloads what is no longer active at all', async () => {
    await sync();
    active = [];
    await sync();
    expect([serving(), loaded]).toEqual([{}, []]);
  });

  it('gives a canary no traffic before it is loaded, and never where it does not load', async () => {
    await sync();
    gates.set('b', Promise.withResolvers());
    active = [model('a', { canary: 'b' })];
    await models.sync();
    expect(models.pin('m')?.canary).toBeNull();
    expect(observed()).toMatchObject([{ generation: 1, state: 'loading', canary: null }]);
    gates.get('b')?.resolve();
    await models.settled('all');
    expect(models.pin('m')?.canary?.pin.release.releaseId).toBe('b');
    expect(observed()).toMatchObject([{ generation: 2, state: 'ready', canary: 'b' }]);
    broken.add('c');
    active = [model('a', { canary: 'c' })];
    await sync();
    expect(models.pin('m')?.canary).toBeNull();
    expect(observed()).toMatchObject([{ state: 'failed', stable: 'a', canary: null, detail: 'canary c does not load: broken' }]);
  });

  it('goes back at once to what is loaded, while something else still loads', async () => {
    await sync();
    active = [model('b', { previous: 'a' })];
    await sync();
    gates.set('slow', Promise.withResolvers());
    active = [model('b', { previous: 'a', shadow: 'slow' })];
    await models.sync();
    active = [model('a')];
    await models.sync();
    expect(serving()).toEqual({ m: 'a' });
    expect(observed()).toMatchObject([{ state: 'ready', generation: active[0]?.activation.generation }]);
    gates.get('slow')?.resolve();
    await models.settled('all');
    expect(loaded.toSorted()).toEqual(['a', 'b']);
  });

  it('looks again for a call that comes while it looks', async () => {
    await sync();
    const first = models.sync();
    active = [model('b')];
    await Promise.all([first, models.sync()]);
    await models.settled('all');
    expect(serving()).toEqual({ m: 'b' });
  });

  it('pins stable and shadow together, for the release that answered only', async () => {
    active = [model('a', { shadow: 'b' })];
    await sync();
    const pins = models.pinShadow('m', 'a');
    expect([pins?.stable.release.releaseId, pins?.shadow.release.releaseId, pins?.share]).toEqual(['a', 'b', 1]);
    expect(models.pinShadow('m', 'b')).toBeNull();
  });

  it('loads what answers before what stands by', async () => {
    active = [model('a', { canary: 'b', shadow: 'c', previous: 'd' }), model('x', { model: 'other' })];
    await sync();
    expect(loaded).toEqual(['a', 'x', 'b', 'c', 'd']);
  });
});
