import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { CacheFullError, ContextLengthError } from './kv-cache.ts';
import { loadForwardPass, type LoadRequest } from './load-release.ts';
import { StepItemError } from './step-plan.ts';

let release: TinyRelease;
let folder: string;

beforeAll(async () => {
  release = await importTinyRelease();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-load-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function request(change: Partial<LoadRequest> = {}): LoadRequest {
  const { manifest, components } = release;
  return { manifest, components, threads: 1, chunkTokens: 64, maxCacheBytes: 2 ** 26, ...change };
}

describe('loadForwardPass', () => {
  it('names a component that the manifest lacks', async () => {
    const { 'router/2': _, ...components } = release.manifest.components;
    await expect(loadForwardPass(request({ manifest: { ...release.manifest, components } }))).rejects.toThrow(/component router\/2: the manifest/);
  });

  it('names a component that the store lacks', async () => {
    const { [release.manifest.components['expert/1/3']!]: _, ...components } = release.components;
    await expect(loadForwardPass(request({ components }))).rejects.toThrow(/component expert\/1\/3: .*import it again/);
  });

  it('names a component whose file is damaged', async () => {
    const path = join(folder, 'damaged.safetensors');
    await writeFile(path, 'no tensors');
    const components = { ...release.components, [release.manifest.components['backbone']!]: path };
    await expect(loadForwardPass(request({ components }))).rejects.toThrow(/component backbone: .*damaged\.safetensors/);
  });

  it('names a tensor that does not fit the manifest', async () => {
    const manifest = { ...release.manifest, shape: { ...release.manifest.shape, expertWidth: 321 } };
    await expect(loadForwardPass(request({ manifest }))).rejects.toThrow(/component expert\/0\/0: tensor gate_proj is \[320, 256\]/);
  });
});

describe('step', () => {
  it('refuses malformed items by field and the limits by type, and goes on afterwards', async () => {
    // Room for one sequence of up to 64 positions: 4 layers, keys and values, 4 heads of 32.
    const forward = await loadForwardPass(request({ maxCacheBytes: 4 * 2 * 4 * 64 * 32 * 4 }));
    const cache = forward.open();
    const item = (tokens: number[], logitsFrom = 0, of = cache) => ({ cache: of, tokens: Uint32Array.from(tokens), logitsFrom });
    const refused: [ReturnType<typeof item>[], RegExp][] = [
      [[item([])], /tokens is empty/],
      [[item([1]), item([2])], /named twice/],
      [[item([4096])], /token id 4096/],
      [[item([1], 2)], /logitsFrom is 2/],
      [[item(Array<number>(65).fill(1))], /chunkTokens is 64/],
    ];
    for (const [items, message] of refused) {
      const refusal = forward.step(items);
      await expect(refusal).rejects.toThrow(message);
      await expect(refusal).rejects.toBeInstanceOf(StepItemError);
    }
    const [first] = await forward.step([item(Array<number>(60).fill(5), 60)]);
    expect(first!.logits).toHaveLength(0);
    await expect(forward.step([item(Array<number>(5).fill(5))])).rejects.toBeInstanceOf(CacheFullError);
    await expect(forward.step([item([5], 0, forward.open())])).rejects.toBeInstanceOf(CacheFullError);
    expect(cache.length).toBe(60);
    expect(await forward.step([])).toEqual([]);

    const running = forward.step([item([5])]);
    await expect(forward.step([item([5])])).rejects.toThrow(/already running/);
    forward.close(cache);
    expect(cache.length).toBe(60);
    const [last] = await running;
    expect(last!.logits).toHaveLength(4096);
    expect(forward.memory().cacheBytes).toBe(0);
    await forward.dispose();
  });

  it('refuses to go beyond the context', async () => {
    const manifest = { ...release.manifest, shape: { ...release.manifest.shape, contextTokens: 64 } };
    const forward = await loadForwardPass(request({ manifest }));
    const cache = forward.open();
    await forward.step([{ cache, tokens: new Uint32Array(64), logitsFrom: 64 }]);
    await expect(forward.step([{ cache, tokens: new Uint32Array(1), logitsFrom: 0 }])).rejects.toBeInstanceOf(ContextLengthError);
    await forward.dispose();
  });
});
