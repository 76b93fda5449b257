import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { type ForwardPass, type SequenceCache, type StepOutput } from './forward-pass.ts';
import { loadForwardPass } from './load-release.ts';

const CHUNK_TOKENS = 64;

let release: TinyRelease;
let forward: ForwardPass;

beforeAll(async () => {
  release = await importTinyRelease();
  const { manifest, components } = release;
  forward = await loadForwardPass({ manifest, components, threads: 1, chunkTokens: CHUNK_TOKENS, maxCacheBytes: 2 ** 28 });
});

afterAll(async () => {
  await forward.dispose();
});

async function prefill(cache: SequenceCache, ids: readonly number[], logitsFrom: number): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for (let from = 0; from < ids.length; from += CHUNK_TOKENS) {
    const tokens = Uint32Array.from(ids.slice(from, from + CHUNK_TOKENS));
    const first = Math.min(tokens.length, Math.max(0, logitsFrom - from));
    outputs.push(...(await forward.step([{ cache, tokens, logitsFrom: first }])));
  }
  return outputs;
}

function argmax(logits: Float32Array): number {
  return logits.reduce((best, value, id) => (value > logits[best]! ? id : best), 0);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}

describe('golden vectors of tiny-mixtral', () => {
  it('gives the reference logits, experts, gates and greedy continuations', async () => {
    const { layers, vocabSize, eosTokenIds } = release.manifest.shape;
    let logitDifference = 0;
    let gateDifference = 0;
    for (const prompt of release.goldenPrompts) {
      const cache = forward.open();
      const outputs = await prefill(cache, prompt.inputIds, prompt.logitsFrom);
      const logits = Float32Array.from(outputs.flatMap((output) => [...output.logits]));
      logitDifference = Math.max(logitDifference, largestDifference(logits, prompt.logits));
      const ids = outputs.flatMap((output) => [...output.expertIds]);
      const gates = outputs.flatMap((output) => [...output.gates]);
      const wantedIds = prompt.inputIds.flatMap((_, row) => prompt.experts.flatMap((byRow) => byRow[row]!));
      const wantedGates = prompt.inputIds.flatMap((_, row) => prompt.gates.flatMap((byRow) => byRow[row]!));
      expect(ids, prompt.id).toEqual(wantedIds);
      expect(ids).toHaveLength(prompt.inputIds.length * layers * 2);
      gateDifference = Math.max(gateDifference, largestDifference(Float32Array.from(gates), Float32Array.from(wantedGates)));

      const greedy = [argmax(logits.subarray(-vocabSize))];
      while (greedy.length < 32 && !eosTokenIds.includes(greedy.at(-1)!)) {
        const [output] = await forward.step([{ cache, tokens: Uint32Array.of(greedy.at(-1)!), logitsFrom: 0 }]);
        greedy.push(argmax(output!.logits));
      }
      expect(greedy, prompt.id).toEqual(prompt.greedyIds);
      forward.close(cache);
    }
    process.stdout.write(`largest difference to the reference: logits ${logitDifference}, gates ${gateDifference}\n`);
    expect(logitDifference).toBeLessThan(1e-3);
    expect(gateDifference).toBeLessThan(1e-4);
  });

  it('gives every cache byte back', async () => {
    expect(forward.memory().cacheBytes).toBe(0);
  });

  it('accounts for every weight and times every expert run', async () => {
    const { weightBytes } = forward.memory();
    const parameters = 10_758_400;
    const embeddingBytes = 4096 * 256 * 2;
    const total = Object.values(weightBytes).reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBe((parameters - 4096 * 256) * 4 + embeddingBytes);

    forward.drainTimings();
    const cache = forward.open();
    const tokens = Uint32Array.from(release.goldenPrompts[0]!.inputIds);
    await forward.step([{ cache, tokens, logitsFrom: tokens.length }]);
    forward.close(cache);
    const timings = forward.drainTimings();
    expect(timings.reduce((sum, timing) => sum + timing.tokens, 0)).toBe(tokens.length * 4 * 2);
    expect(timings.every(({ durationMs }) => durationMs > 0)).toBe(true);
    expect(forward.drainTimings()).toEqual([]);
  });
});
