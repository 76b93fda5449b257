import { beforeEach, describe, expect, it } from 'vitest';
import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { FAKE_MANIFEST } from '../testing/fake-engine.ts';
import { type QuarantineDirectory, quarantinedLoading, QuarantinesInForce } from './quarantines-in-force.ts';

type Held = Awaited<ReturnType<QuarantineDirectory['inForce']>>['quarantines'][number];

let masks: Map<string, ExpertMask | null>;
let held: Held[];
let generation: number;
let isAway: boolean;
let quarantines: QuarantinesInForce;

beforeEach(() => {
  masks = new Map();
  held = [];
  generation = 1;
  isAway = false;
  const heads = async () => {
    if (isAway) throw new Error('away');
    return [{ model: 'fake', generation }];
  };
  quarantines = new QuarantinesInForce({ quarantine: async (releaseId, mask) => void masks.set(releaseId, mask) }, { heads, inForce: async () => ({ heads: await heads(), quarantines: [...held] }) });
});

const quarantine = (layer: number, expert: number, releaseId: string | null = null): Held => ({ model: 'fake', layer, expert, releaseId });

describe('quarantines in force', () => {
  it('hold in a release before it answers, and in loaded ones when they change', async () => {
    held = [quarantine(0, 1)];
    await quarantines.loaded('a', FAKE_MANIFEST);
    expect(isMasked(masks.get('a')!, 0, 1)).toBe(true);
    expect(quarantines.holdsIn('a')).toBe(true);
    expect(quarantines.generation('fake')).toBe(1);
    held = [quarantine(1, 2)];
    generation = 2;
    await quarantines.sync();
    expect([isMasked(masks.get('a')!, 0, 1), isMasked(masks.get('a')!, 1, 2)]).toEqual([false, true]);
    expect(quarantines.generation('fake')).toBe(2);
    held = [];
    generation = 3;
    await quarantines.sync();
    expect(masks.get('a')).toBeNull();
    expect(quarantines.holdsIn('a')).toBe(false);
  });

  it('concern the release they name, and models of their own', async () => {
    held = [quarantine(0, 1, 'b'), { ...quarantine(0, 2), model: 'other' }];
    await quarantines.loaded('a', FAKE_MANIFEST);
    await quarantines.loaded('b', FAKE_MANIFEST);
    expect([...masks].map(([releaseId, mask]) => [releaseId, mask === null])).toEqual([['a', true], ['b', false]]);
    expect(isMasked(masks.get('b')!, 0, 2)).toBe(false);
  });

  it('keep a release from loading until they have been read', async () => {
    const calls: string[] = [];
    const loading = quarantinedLoading({ load: async (releaseId) => void calls.push(`load ${releaseId}`), unload: async (releaseId) => void calls.push(`unload ${releaseId}`) }, quarantines);
    isAway = true;
    await expect(loading.load('a', FAKE_MANIFEST, {})).rejects.toThrow('away');
    expect(calls).toEqual(['load a', 'unload a']);
    expect(quarantines.generation('fake')).toBeNull();
    isAway = false;
    await loading.load('a', FAKE_MANIFEST, {});
    expect(quarantines.generation('fake')).toBe(1);
  });

  it('stay as they were while the database is away', async () => {
    held = [quarantine(0, 1)];
    await quarantines.loaded('a', FAKE_MANIFEST);
    isAway = true;
    await expect(quarantines.sync()).rejects.toThrow('away');
    await quarantines.loaded('b', FAKE_MANIFEST);
    expect(quarantines.holdsIn('b')).toBe(true);
  });

  it('are enforced once more where the engine would not, before they are told as enforced', async () => {
    let fails = true;
    held = [quarantine(0, 1)];
    const stubborn = new QuarantinesInForce(
      { quarantine: async () => { if (fails) throw new Error('the engine starts'); } },
      { heads: async () => [{ model: 'fake', generation: 1 }], inForce: async () => ({ heads: [{ model: 'fake', generation: 1 }], quarantines: held }) },
    );
    await expect(stubborn.loaded('a', FAKE_MANIFEST)).rejects.toThrow('starts');
    expect(stubborn.holdsIn('a')).toBe(false);
    fails = false;
    await stubborn.loaded('a', FAKE_MANIFEST);
    expect(stubborn.holdsIn('a')).toBe(true);
  });
});
