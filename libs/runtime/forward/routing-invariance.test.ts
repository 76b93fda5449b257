import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RoutingSettings } from '#libs/release/manifest';
import { seededRandom } from '../../../test/harness/random.ts';
import { type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { openRoutedReleases, type RoutedReleases, SMALL_CHUNK_TOKENS, SMALL_VOCABULARY } from '../../../test/fixtures/routed-releases.ts';
import { GATING_CASES, withCapacities } from '../../../test/fixtures/routing-cases.ts';

let releases: RoutedReleases;
beforeAll(async () => {
  releases = await openRoutedReleases();
});
afterAll(async () => {
  await releases[Symbol.asyncDispose]();
});

/** A prompt in pieces, which are its own choice, and tokens to decode. */
interface Script {
  readonly pieces: readonly Uint32Array[];
  readonly promptTokens: number;
  readonly seed: number;
}

const scripts: fc.Arbitrary<Script> = fc
  .record({ prompt: fc.array(fc.integer({ min: 1, max: SMALL_CHUNK_TOKENS }), { minLength: 1, maxLength: 2 }), decode: fc.integer({ min: 1, max: 5 }), seed: fc.nat() })
  .chain(({ prompt, decode, seed }) =>
    fc
      .tuple(...[...prompt, ...Array<number>(decode).fill(1)].map((length) => fc.uint32Array({ min: 0, max: SMALL_VOCABULARY - 1, minLength: length, maxLength: length })))
      .map((pieces) => ({ pieces, promptTokens: prompt.reduce((sum, length) => sum + length, 0), seed })),
  );

interface Run {
  readonly script: Script;
  readonly cache: SequenceCache;
  readonly outputs: StepOutput[];
}

async function step(forward: ForwardPass, runs: readonly Run[]): Promise<void> {
  const items = runs.map(({ script: { pieces, promptTokens, seed }, cache, outputs }): StepItem => ({ cache, tokens: pieces[outputs.length]!, logitsFrom: 0, routed: { promptTokens, seed, tenant: null, generalist: false } }));
  const outputs = await forward.step(items);
  for (const [at, run] of runs.entries()) run.outputs.push(outputs[at]!);
}

async function mixed(forward: ForwardPass, all: readonly Script[], seed: number): Promise<StepOutput[][]> {
  const random = seededRandom(seed);
  const runs = all.map((script): Run => ({ script, cache: forward.open(), outputs: [] }));
  for (let left: Run[] = runs; left.length > 0; left = runs.filter(({ script, outputs }) => outputs.length < script.pieces.length)) {
    const chosen = left.length === 1 ? left : left.filter(() => random() < 0.7);
    if (chosen.length > 0) await step(forward, chosen);
  }
  for (const { cache } of runs) forward.close(cache);
  return runs.map(({ outputs }) => outputs);
}

const bytes = (array: { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly byteLength: number } | null | undefined): Buffer =>
  array ? Buffer.from(array.buffer, array.byteOffset, array.byteLength) : Buffer.alloc(0);

function sameBits(a: readonly StepOutput[], b: readonly StepOutput[]): boolean {
  const fields = ['logits', 'expertIds', 'gates', 'flags', 'lostMass', 'overflow'] as const;
  return a.length === b.length && a.every((output, at) => fields.every((name) => bytes(output[name]).equals(bytes(b[at]![name]))));
}

describe.each(Object.entries(GATING_CASES))('%s', (_, gating) => {
  it.each(withCapacities(gating, 'request').map((routing) => [routing.capacity?.policy ?? 'no capacity', routing] as const))('answers with the same bits alone and in batches: %s', async (__, routing) => {
    const forward = await releases.load(routing);
    await fc.assert(
      fc.asyncProperty(scripts, fc.array(scripts, { minLength: 15, maxLength: 15 }), fc.nat(), async (subject, others, seed) => {
        const [alone] = await mixed(forward, [subject], 0);
        for (const size of [2, 4, 16]) {
          const [among] = await mixed(forward, [subject, ...others.slice(0, size - 1)], seed);
          expect(sameBits(among!, alone!)).toBe(true);
        }
        const [again] = await mixed(forward, [subject], 1);
        expect(sameBits(again!, alone!)).toBe(true);
      }),
      // One each: the router's own test runs many more of each case without a model.
      { numRuns: 1 },
    );
    await forward.dispose();
  });
});

describe('the leak', () => {
  const prompt = (seed: number): Script => {
    const random = seededRandom(seed);
    return { pieces: [Uint32Array.from({ length: SMALL_CHUNK_TOKENS }, () => Math.floor(random() * SMALL_VOCABULARY))], promptTokens: SMALL_CHUNK_TOKENS, seed };
  };
  /** The subject's answer beside each of some neighbours, which come first in the step. */
  async function besides(routing: RoutingSettings): Promise<StepOutput[]> {
    const forward = await releases.load(routing);
    const answers: StepOutput[] = [];
    for (const neighbour of [2, 3, 4]) {
      const runs = [prompt(neighbour), prompt(1)].map((script): Run => ({ script, cache: forward.open(), outputs: [] }));
      await step(forward, runs);
      answers.push(runs[1]!.outputs[0]!);
      for (const { cache } of runs) forward.close(cache);
    }
    await forward.dispose();
    return answers;
  }
  const capacity = (scope: 'batch' | 'request', policy: 'drop' | 'reroute'): RoutingSettings => ({ gating: 'softmax-topk', topK: 2, normalise: true, capacity: { factor: 1, policy, scope } });

  it.each(['drop', 'reroute'] as const)('with scope batch, what a neighbour asks changes your answer: %s', async (policy) => {
    const answers = await besides(capacity('batch', policy));
    expect(new Set(answers.map(({ logits }) => bytes(logits).toString('base64'))).size).toBeGreaterThan(1);
    expect(new Set(answers.map(({ expertIds, gates }) => bytes(expertIds).toString('base64') + bytes(gates).toString('base64'))).size).toBeGreaterThan(1);
  });

  it.each(['drop', 'reroute'] as const)('with scope request it cannot: %s', async (policy) => {
    const [first, ...others] = await besides(capacity('request', policy));
    for (const other of others) expect(sameBits([other], [first!])).toBe(true);
    // Not for want of full experts.
    expect(first!.overflow).not.toBeNull();
  });

  it('is there with expert choice', async () => {
    const answers = await besides({ gating: 'expert-choice', topK: 2, normalise: false });
    expect(new Set(answers.map(({ logits }) => bytes(logits).toString('base64'))).size).toBeGreaterThan(1);
  });
});

describe('settings in the forward pass', () => {
  const run = async (routing: RoutingSettings, generalist = false): Promise<StepOutput> => {
    const forward = await releases.load(routing);
    const cache = forward.open();
    const [output] = await forward.step([{ cache, tokens: Uint32Array.from({ length: 12 }, (_, at) => (at * 7) % SMALL_VOCABULARY), logitsFrom: 0, routed: { promptTokens: 12, seed: 0, tenant: null, generalist } }]);
    forward.close(cache);
    await forward.dispose();
    return output!;
  };
  const plain: RoutingSettings = { gating: 'softmax-topk', topK: 2, normalise: true };

  it('gives a capacity that is never reached the bits of none', async () => {
    const roomy = await run({ ...plain, capacity: { factor: 1000, policy: 'drop', scope: 'request' } });
    const without = await run(plain);
    for (const name of ['logits', 'expertIds', 'gates'] as const) expect(bytes(roomy[name]).equals(bytes(without[name]))).toBe(true);
  });

  it('gives an equal rule the bits of softmax top-k', async () => {
    const { logits } = await run(plain);
    for (const gating of ['gshard-top2', 'topk-softmax', 'noisy-topk'] as const) expect(bytes((await run({ ...plain, gating })).logits).equals(bytes(logits)), gating).toBe(true);
  });

  it('scales the outputs of experts, and records gates without it', async () => {
    const once = await run({ ...plain, gating: 'sigmoid-bias' });
    const scaled = await run({ ...plain, gating: 'sigmoid-bias', scale: 2.5 });
    // Of the first row's first layer, whose input the scale has not changed yet.
    expect(bytes(scaled.gates.subarray(0, 2)).equals(bytes(once.gates.subarray(0, 2)))).toBe(true);
    expect(bytes(scaled.logits).equals(bytes(once.logits))).toBe(false);
  });

  it('sends a whole request to the generalists, where it asks for them', async () => {
    const routing: RoutingSettings = { ...plain, fallback: { generalists: [5, 6] } };
    const { expertIds, gates } = await run(routing, true);
    for (let decision = 0; decision < expertIds.length / 2; decision++) expect([expertIds[decision * 2], gates[decision * 2], gates[decision * 2 + 1]]).toEqual([5 + (decision % 2), 1, 0]);
    expect(bytes((await run(routing)).logits).equals(bytes((await run(plain)).logits))).toBe(true);
  });

  it('refuses a selection bias that the gating would leave out', async () => {
    await expect(releases.load(plain, true)).rejects.toThrow(/router\/0: it has a selection bias, which softmax-topk would leave out/);
  });
});
