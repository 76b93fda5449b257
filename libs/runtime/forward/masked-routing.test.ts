import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExpertMask, isMasked, maskedCount, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { importTinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { seededRandom } from '../../../test/harness/random.ts';
import { type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { loadForwardPass } from './load-release.ts';

const CHUNK_TOKENS = 32;
const VOCABULARY = 4096;
const LAYERS = 4;
const EXPERTS = 8;
const TOP_K = 2;

interface Script {
  readonly pieces: readonly Uint32Array[];
  readonly mask: ExpertMask | null;
}

interface Run {
  readonly script: Script;
  readonly cache: SequenceCache;
  readonly outputs: StepOutput[];
}

let oneThread: ForwardPass;
let twoThreads: ForwardPass;

beforeAll(async () => {
  const { manifest, components } = await importTinyRelease();
  const load = (threads: number) => loadForwardPass({ manifest, components, threads, chunkTokens: CHUNK_TOKENS, maxCacheBytes: 2 ** 28 });
  [oneThread, twoThreads] = [await load(1), await load(2)];
});

afterAll(async () => {
  await oneThread.dispose();
  await twoThreads.dispose();
});

/** Any experts but all of a layer: layers with one or none left over occur often. */
const masks: fc.Arbitrary<ExpertMask> = fc
  .array(fc.shuffledSubarray([...Array(EXPERTS).keys()], { maxLength: EXPERTS - 1 }), { minLength: LAYERS, maxLength: LAYERS })
  .map((layers) => {
    const mask = newExpertMask(LAYERS, EXPERTS);
    for (const [layer, experts] of layers.entries()) for (const expert of experts) maskExpert(mask, layer, expert);
    return mask;
  });

function scripts(mask: fc.Arbitrary<ExpertMask | null>): fc.Arbitrary<Script> {
  const lengths = fc.record({
    prompt: fc.array(fc.integer({ min: 1, max: CHUNK_TOKENS }), { minLength: 1, maxLength: 2 }),
    decode: fc.integer({ min: 1, max: 6 }),
  });
  const pieces = lengths.chain(({ prompt, decode }) =>
    fc.tuple(...[...prompt, ...Array<number>(decode).fill(1)].map((length) => fc.uint32Array({ min: 0, max: VOCABULARY - 1, minLength: length, maxLength: length }))),
  );
  return fc.record({ pieces, mask });
}

async function stepTogether(forward: ForwardPass, runs: readonly Run[]): Promise<void> {
  const items = runs.map(({ script: { pieces, mask }, cache, outputs }): StepItem => ({ cache, tokens: pieces[outputs.length]!, logitsFrom: 0, expertMask: mask }));
  const outputs = await forward.step(items);
  for (const [at, run] of runs.entries()) run.outputs.push(outputs[at]!);
}

async function runAlone(forward: ForwardPass, script: Script): Promise<StepOutput[]> {
  const run: Run = { script, cache: forward.open(), outputs: [] };
  while (run.outputs.length < script.pieces.length) await stepTogether(forward, [run]);
  forward.close(run.cache);
  return run.outputs;
}

/** All at once, each step a random part of those that are not done: prefill and decode mix. */
async function runMixed(forward: ForwardPass, all: readonly Script[], seed: number): Promise<StepOutput[][]> {
  const random = seededRandom(seed);
  const runs = all.map((script): Run => ({ script, cache: forward.open(), outputs: [] }));
  for (let left: Run[] = runs; left.length > 0; left = runs.filter(({ script, outputs }) => outputs.length < script.pieces.length)) {
    const chosen = left.filter(() => random() < 0.7);
    if (chosen.length > 0) await stepTogether(forward, chosen);
  }
  for (const { cache } of runs) forward.close(cache);
  return runs.map(({ outputs }) => outputs);
}

const bytes = (array: Float32Array | Uint16Array | Uint8Array | null | undefined) =>
  array ? Buffer.from(array.buffer, array.byteOffset, array.byteLength) : Buffer.alloc(0);

function sameBits(a: readonly StepOutput[], b: readonly StepOutput[]): boolean {
  return a.length === b.length && a.every((output, at) => (['logits', 'expertIds', 'gates', 'flags'] as const).every((name) => bytes(output[name]).equals(bytes(b[at]![name]))));
}

/** No masked expert in any rank; where fewer than top-k are left, the rest of the ranks are empty and say so. */
function expectObeyed(outputs: readonly StepOutput[], mask: ExpertMask): void {
  for (const { expertIds, gates, flags } of outputs) {
    for (let decision = 0; decision < expertIds.length / TOP_K; decision++) {
      const layer = decision % LAYERS;
      const left = EXPERTS - maskedCount(mask, layer);
      const first = decision * TOP_K;
      const sum = gates[first]! + gates[first + 1]!;
      const wrong =
        isMasked(mask, layer, expertIds[first]!) ||
        isMasked(mask, layer, expertIds[first + 1]!) ||
        Math.abs(sum - 1) > 1e-5 ||
        (left < TOP_K) !== ((flags![decision]! & DECISION_FLAGS.fallback) !== 0) ||
        (left < TOP_K && gates[first + 1] !== 0);
      if (wrong) throw new Error(`decision ${decision}, layer ${layer}: experts ${expertIds.subarray(first, first + TOP_K).join()}, flags ${flags?.[decision]}`);
    }
  }
}

describe('expert masks in the forward pass', () => {
  it('never lets a masked expert serve, and leaves the others their bits, alone and mixed, with one thread and two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(scripts(masks), { minLength: 1, maxLength: 5 }), fc.array(scripts(fc.constant(null)), { minLength: 1, maxLength: 5 }), fc.integer(), async (masked, open, seed) => {
        const alone = [];
        for (const script of [...masked, ...open]) alone.push(await runAlone(oneThread, script));
        for (const forward of [oneThread, twoThreads]) {
          const mixed = await runMixed(forward, [...masked, ...open], seed);
          const openAmongThemselves = await runMixed(forward, open, seed);
          for (const [at, script] of [...masked, ...open].entries()) {
            expect(sameBits(mixed[at]!, alone[at]!), `sequence ${at}`).toBe(true);
            if (script.mask) expectObeyed(mixed[at]!, script.mask);
            else expect(sameBits(mixed[at]!, openAmongThemselves[at - masked.length]!), `sequence ${at}`).toBe(true);
          }
        }
      }),
      { numRuns: 20 },
    );
  }, 90_000);

  it('gives a mask that masks nothing the bits of none', async () => {
    await fc.assert(
      fc.asyncProperty(scripts(fc.constant(null)), async ({ pieces }) => {
        const outputs = await runAlone(oneThread, { pieces, mask: newExpertMask(LAYERS, EXPERTS) });
        expect(outputs.every(({ flags }) => flags!.every((flag) => flag === 0))).toBe(true);
        expect(sameBits(outputs.map((output) => ({ ...output, flags: null })), await runAlone(oneThread, { pieces, mask: null }))).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('runs no expert for unused ranks', async () => {
    const mask = newExpertMask(LAYERS, EXPERTS);
    for (let layer = 0; layer < LAYERS; layer++) for (let expert = 1; expert < EXPERTS; expert++) maskExpert(mask, layer, expert);
    oneThread.drainTimings();
    await runAlone(oneThread, { pieces: [Uint32Array.of(5, 6, 7)], mask });
    expect(oneThread.drainTimings().map(({ layer, expert, tokens }) => ({ layer, expert, tokens }))).toEqual(
      Array.from({ length: LAYERS }, (_, layer) => ({ layer, expert: 0, tokens: 3 })),
    );
  });

  it('refuses a mask that fits no model like this, before anything has run', async () => {
    const cache = oneThread.open();
    const expertMask = { wordsPerLayer: 1, words: new Uint32Array(LAYERS).fill(0xff) };
    await expect(oneThread.step([{ cache, tokens: Uint32Array.of(1), logitsFrom: 0, expertMask }])).rejects.toThrow(/expertMask: the mask leaves no expert in layer 0/);
    expect(cache.length).toBe(0);
    oneThread.close(cache);
  });
});
