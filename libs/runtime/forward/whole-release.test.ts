import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planDifference } from '../../../test/accelerator/plan-difference.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { type ForwardPass } from './forward-pass.ts';
import { loadForwardPass, type LoadRequest } from './load-release.ts';
import { loadWholeForwardPass, PlanError } from './load-whole-release.ts';

let release: TinyRelease;
let request: LoadRequest;
let split: ForwardPass;
let whole: ForwardPass;

beforeAll(async () => {
  release = await importTinyRelease();
  request = { manifest: release.manifest, components: release.components, threads: 1, chunkTokens: 64, maxCacheBytes: 2 ** 28 };
  split = await loadForwardPass(request);
  whole = await loadWholeForwardPass(request, 'cpu');
});

afterAll(async () => {
  await split.dispose();
  await whole.dispose();
});

describe('the whole-graph plan', () => {
  it('gives the logits of the split plan, the same experts and the same flags', async () => {
    const difference = await planDifference(release, [split, whole]);
    expect(difference.decisions).toBe(0);
    expect(difference.rows).toBeGreaterThan(300);
    expect(difference.logits).toBeLessThan(1e-3);
    expect(difference.gates).toBeLessThan(1e-4);
  });

  it('gives the gates of a router that does not normalise', async () => {
    const manifest = { ...release.manifest, routing: { ...release.manifest.routing, normalise: false } };
    const plans = [await loadForwardPass({ ...request, manifest }), await loadWholeForwardPass({ ...request, manifest }, 'cpu')] as const;
    expect(await planDifference({ manifest, goldenPrompts: release.goldenPrompts }, plans)).toMatchObject({ decisions: 0 });
    for (const plan of plans) await plan.dispose();
  });

  it('keeps a window of positions', async () => {
    const manifest = { ...release.manifest, shape: { ...release.manifest.shape, slidingWindowTokens: 9 } };
    const plans = [await loadForwardPass({ ...request, manifest }), await loadWholeForwardPass({ ...request, manifest }, 'cpu')] as const;
    const difference = await planDifference({ manifest, goldenPrompts: release.goldenPrompts }, plans);
    expect(difference.decisions).toBe(0);
    expect(difference.logits).toBeLessThan(1e-3);
    for (const plan of plans) await plan.dispose();
  });

  it('gives every cache byte back', () => {
    expect(whole.memory().cacheBytes).toBe(0);
  });

  it('refuses routing that it has no operators for', async () => {
    const manifest = { ...release.manifest, routing: { ...release.manifest.routing, capacity: { factor: 1 } } } as TinyRelease['manifest'];
    await expect(loadWholeForwardPass({ ...request, manifest }, 'cpu')).rejects.toThrow(PlanError);
    await expect(loadWholeForwardPass({ ...request, manifest }, 'cpu')).rejects.toThrow(/routing.capacity is not served by the whole-graph plan/);
  });
});
