import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { type EngineParts, newEngineParts } from '../forward/engine-parts.ts';
import { type ForwardPass, type StepOutput } from '../forward/forward-pass.ts';
import { loadForwardPass } from '../forward/load-release.ts';

const MIB = 1024 ** 2;
const CHUNK_TOKENS = 64;

let release: TinyRelease;
let folder: string;
beforeAll(async () => {
  release = await importTinyRelease();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-placed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(expertBytes: number | null, components = release.components): Promise<{ readonly forward: ForwardPass; readonly parts: EngineParts }> {
  const parts = newEngineParts(2 ** 26, { expertBytes });
  return { parts, forward: await loadForwardPass({ manifest: release.manifest, components, threads: 1, chunkTokens: CHUNK_TOKENS, maxCacheBytes: 2 ** 26, parts }) };
}

async function answers(forward: ForwardPass): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for (const { inputIds } of release.goldenPrompts.slice(0, 2)) {
    const cache = forward.open();
    outputs.push(...(await forward.step([{ cache, tokens: Uint32Array.from(inputIds.slice(0, 12)), logitsFrom: 0 }])));
    for (let token = 20; token < 23; token += 1) outputs.push(...(await forward.step([{ cache, tokens: Uint32Array.of(token), logitsFrom: 0 }])));
    forward.close(cache);
  }
  return outputs;
}

/** Of one expert of the demo model in memory: 3 matrices of 256 x 320 in fp32. */
const EXPERT_BYTES = 3 * 256 * 320 * 4;

describe('experts within a budget of memory', () => {
  it('give the same bits with an eighth of them in memory, and with none', async () => {
    const { forward: whole, parts: unbounded } = await load(null);
    const expected = await answers(whole);
    expect(unbounded.placement).toBeNull();
    await whole.dispose();
    for (const budget of [4 * EXPERT_BYTES, EXPERT_BYTES - 1]) {
      const { forward, parts } = await load(budget);
      expect(await answers(forward)).toEqual(expected);
      const { heldBytes, loads } = parts.placement!.counts;
      expect(heldBytes).toBeLessThanOrEqual(budget);
      expect(loads).toBeGreaterThan(50);
      await forward.dispose();
      expect(parts.placement!.counts.heldBytes).toBe(0);
    }
  });

  it('stay in memory when all fit, so that nothing is read again', async () => {
    const { forward, parts } = await load(256 * MIB);
    await answers(forward);
    expect(parts.placement!.counts).toMatchObject({ loads: 0 });
    expect(parts.placement!.counts.hits).toBeGreaterThan(100);
    await forward.dispose();
  });

  it('say that their file has changed when they are read again, and are left out', async () => {
    const own = { ...release.components };
    const version = release.manifest.components['expert/0/0']!;
    const other = release.manifest.components['expert/0/1']!;
    own[version] = join(folder, version);
    await copyFile(release.components[version]!, own[version]);
    const { forward } = await load(1, own);
    // The copy is read-only, as what it was made of.
    await rm(own[version]);
    await copyFile(release.components[other]!, own[version]);
    const outputs = await answers(forward);
    const { layers } = release.manifest.shape;
    const { topK } = release.manifest.routing;
    for (const { expertIds } of outputs.slice(1)) {
      for (let row = 0; row < expertIds.length; row += layers * topK) expect([...expertIds.subarray(row, row + topK)]).not.toContain(0);
    }
    expect(await forward.probe!(0, 0)).toMatchObject({ failure: 'error' });
    await forward.dispose();
  });

  it('are read ahead where they are likely to come', async () => {
    const { forward, parts } = await load(EXPERT_BYTES);
    await answers(forward);
    expect(parts.placement!.counts.readAheads).toBeGreaterThan(10);
    await forward.dispose();
  });

  it('can be probed while they are not in memory, and are not kept for that', async () => {
    const { forward, parts } = await load(EXPERT_BYTES);
    expect(await forward.probe!(3, 7)).toMatchObject({ failure: null });
    const { loads } = parts.placement!.counts;
    expect(await forward.probe!(3, 7)).toMatchObject({ failure: null });
    expect(parts.placement!.counts.loads).toBe(loads + 1);
    await forward.dispose();
  });
});
