import { maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planDifference } from '../../../test/accelerator/plan-difference.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { type ForwardPass } from './forward-pass.ts';
import { newEngineParts } from './engine-parts.ts';
import { loadForwardPass, type LoadRequest, newHealth } from './load-release.ts';
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
    expect(difference.rows).toBeGreaterThan(200);
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

  it('leaves out experts that are unavailable, and takes the generalist path, as the split plan does with the next best', async () => {
    const fallback = { ladder: ['next-best'], generalists: [1, 2, 3, 4] } as const;
    const manifest = { ...release.manifest, routing: { ...release.manifest.routing, fallback } };
    const quarantine = newExpertMask(manifest.shape.layers, manifest.shape.experts);
    for (let layer = 0; layer < manifest.shape.layers; layer++) for (const expert of [3, 5, 6]) maskExpert(quarantine, layer, expert);
    const parts = newEngineParts(2 ** 28);
    const health = newHealth(manifest, parts);
    health.quarantine(quarantine, 0);
    const own = { ...request, manifest, parts, health };
    const plans = [await loadForwardPass(own), await loadWholeForwardPass(own, 'cpu')] as const;
    const difference = await planDifference({ manifest, goldenPrompts: release.goldenPrompts }, plans);
    expect(difference.decisions).toBe(0);
    expect(difference.logits).toBeLessThan(1e-3);
    const routed = { promptTokens: 3, seed: 0, tenant: null, generalist: true };
    const [a, b] = await Promise.all(plans.map((plan) => plan.step([{ cache: plan.open(), tokens: Uint32Array.of(0, 77, 99), logitsFrom: 0, routed }])));
    // The third layer's generalist is quarantined, so that layer is served by the next best.
    expect([...b![0]!.expertIds]).toEqual([...a![0]!.expertIds]);
    expect([...b![0]!.flags!].map((bits) => bits & DECISION_FLAGS.generalist)).toEqual([...a![0]!.flags!].map((bits) => bits & DECISION_FLAGS.generalist));
    // A rule that leaves nothing but quarantined experts.
    const mask = newExpertMask(manifest.shape.layers, manifest.shape.experts);
    for (const expert of [0, 1, 2, 4, 7]) maskExpert(mask, 0, expert);
    for (const plan of plans) expect((await plan.step([{ cache: plan.open(), tokens: Uint32Array.of(0), logitsFrom: 0, expertMask: mask }]))[0]!.failure).toBe('experts-exhausted');
    for (const plan of plans) await plan.dispose();
  });

  it('gives every cache byte back', () => {
    expect(whole.memory().cacheBytes).toBe(0);
  });

  it('refuses routing that it has no operators for', async () => {
    const manifest = { ...release.manifest, routing: { ...release.manifest.routing, capacity: { factor: 1, policy: 'drop', scope: 'request' } } } as TinyRelease['manifest'];
    await expect(loadWholeForwardPass({ ...request, manifest }, 'cpu')).rejects.toThrow(PlanError);
    await expect(loadWholeForwardPass({ ...request, manifest }, 'cpu')).rejects.toThrow(/selects by softmax top-k alone.*capacity.*SIGNALBOX_ENGINE_PLAN=split/);
  });
});
