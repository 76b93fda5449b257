import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorHeaderEnd } from '#libs/release/tensor-file';
import { changeRelease } from '../../../test/fixtures/changed-release.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { seededRandom } from '../../../test/harness/random.ts';
import { type EngineParts, newEngineParts } from './engine-parts.ts';
import { type ForwardPass, type StepOutput } from './forward-pass.ts';
import { loadForwardPass } from './load-release.ts';

const SESSIONS = 4 * (2 + 8) + 1;
let folder: string;
let base: TinyRelease;
let expertSwap: TinyRelease;
let routerSwap: TinyRelease;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-shared-'));
  base = await importTinyRelease();
  expertSwap = await changeRelease(base, ['expert/2/5'], folder);
  routerSwap = await changeRelease(base, ['router/1'], folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function load({ manifest, components }: TinyRelease, parts?: EngineParts): Promise<ForwardPass> {
  return loadForwardPass({ manifest, components, threads: 1, chunkTokens: 48, maxCacheBytes: 2 ** 28, ...(parts ? { parts } : {}) });
}

/** A prompt and some tokens after it. */
function piecesOf(seed: number): Uint32Array[] {
  const random = seededRandom(seed);
  const piece = (length: number) => Uint32Array.from({ length }, () => Math.floor(random() * 4096));
  return [piece(1 + Math.floor(random() * 47)), piece(1), piece(1), piece(1), piece(1)];
}

/** Runs some sequences, those of a turn in one step; a sequence begins a turn after the one before it. */
async function runTogether(forward: ForwardPass, seeds: readonly number[]): Promise<StepOutput[][]> {
  const runs = seeds.map((seed, at) => ({ pieces: piecesOf(seed), at, cache: forward.open(), outputs: [] as StepOutput[] }));
  for (let turn = 0; runs.some(({ outputs, pieces }) => outputs.length < pieces.length); turn++) {
    const present = runs.filter(({ outputs, pieces, at }) => at <= turn && outputs.length < pieces.length);
    const outputs = await forward.step(present.map(({ cache, pieces, outputs: done }) => ({ cache, tokens: pieces[done.length]!, logitsFrom: 0 })));
    for (const [index, one] of present.entries()) one.outputs.push(outputs[index]!);
  }
  for (const { cache } of runs) forward.close(cache);
  return runs.map(({ outputs }) => outputs);
}

async function run(forward: ForwardPass, seed: number): Promise<StepOutput[]> {
  return (await runTogether(forward, [seed]))[0]!;
}

const bytesOf = (outputs: readonly StepOutput[]): Buffer =>
  Buffer.concat(outputs.flatMap(({ logits, expertIds, gates }) => [logits, expertIds, gates].map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))));

describe('releases that share sessions', () => {
  it('makes one session for one changed expert, one for one changed router, none for the same again', async () => {
    const parts = newEngineParts(2 ** 28);
    const first = await load(base, parts);
    expect(first.sessions).toEqual({ made: SESSIONS, shared: 0 });
    const expert = await load(expertSwap, parts);
    expect(expert.sessions).toEqual({ made: 1, shared: SESSIONS - 1 });
    const router = await load(routerSwap, parts);
    expect(router.sessions).toEqual({ made: 1, shared: SESSIONS - 1 });
    const again = await load(base, parts);
    expect(again.sessions).toEqual({ made: 0, shared: SESSIONS });
    expect(parts.sessions.counts.resident).toBe(SESSIONS + 2);
    expect(parts.embeddings.counts).toEqual({ resident: 1, made: 1, shared: 3 });

    await first.dispose();
    expect(parts.sessions.counts.resident).toBe(SESSIONS + 2);
    await again.dispose();
    await router.dispose();
    expect(parts.sessions.counts.resident).toBe(SESSIONS);
    expect(bytesOf(await run(expert, 1)).length).toBeGreaterThan(0);
    await expert.dispose();
    expect(parts.sessions.counts.resident).toBe(0);
    expect(parts.embeddings.counts.resident).toBe(0);
  });

  it('frees what a load that fails had claimed', async () => {
    const parts = newEngineParts(2 ** 28);
    const { [base.manifest.components['expert/3/7']!]: path, ...rest } = base.components;
    const broken = { ...base, components: { ...rest, [base.manifest.components['expert/3/7']!]: `${path}.none` } };
    await expect(load(broken, parts)).rejects.toThrow(/expert\/3\/7/);
    const misshapen = { ...base, manifest: { ...base.manifest, shape: { ...base.manifest.shape, vocabSize: 4095 } } };
    await expect(load(misshapen, parts)).rejects.toThrow(/backbone/);
    const narrow = { ...base, manifest: { ...base.manifest, shape: { ...base.manifest.shape, expertWidth: 321 } } };
    await expect(load(narrow, parts)).rejects.toThrow(/expert\/0\/0/);
    expect(parts.sessions.counts.resident).toBe(0);
    expect(parts.embeddings.counts.resident).toBe(0);
  });

  it('names an expert that gives no finite numbers, whether or not a prompt would reach it', async () => {
    const name = 'expert/3/6';
    const bytes = await readFile(base.components[base.manifest.components[name]!]!);
    bytes.fill(0xff, tensorHeaderEnd(bytes.subarray(0, 8), bytes.length));
    const path = join(folder, 'not-a-number');
    await writeFile(path, bytes);
    const parts = newEngineParts(2 ** 28);
    const broken = { ...base, components: { ...base.components, [base.manifest.components[name]!]: path } };
    await expect(load(broken, parts)).rejects.toThrow(/component expert\/3\/6: it gives numbers that are not finite/);
    expect(parts.sessions.counts.resident).toBe(0);
  });

  it('gives each release its own bits while batches of both run at once on shared sessions', async () => {
    const releases = [base, expertSwap];
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const alone: string[][] = [];
    for (const release of releases) {
      const forward = await load(release);
      const outputs: string[] = [];
      for (const seed of seeds) outputs.push(bytesOf(await run(forward, seed)).toString('base64'));
      alone.push(outputs);
      await forward.dispose();
    }
    expect(alone[0]).not.toEqual(alone[1]);

    const parts = newEngineParts(2 ** 28);
    const loaded = [await load(base, parts), await load(expertSwap, parts)];
    const together = await Promise.all(
      loaded.map(async (forward) => {
        const outputs: string[] = [];
        for (let from = 0; from < seeds.length; from += 4) {
          for (const one of await runTogether(forward, seeds.slice(from, from + 4))) outputs.push(bytesOf(one).toString('base64'));
        }
        return outputs;
      }),
    );
    expect(together[0] as string[]).toEqual(alone[0]);
    expect(together[1] as string[]).toEqual(alone[1]);
    expect(parts.cacheMemory.usedBytes).toBe(0);
    for (const forward of loaded) await forward.dispose();
  });
});
