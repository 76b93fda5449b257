import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { GATING_CASES } from '../../../test/fixtures/routing-cases.ts';
import { openRoutedReleases, type RoutedReleases, SMALL_CHUNK_TOKENS, SMALL_VOCABULARY } from '../../../test/fixtures/routed-releases.ts';
import { type ForwardPass, type StepItem, type StepOutput } from './forward-pass.ts';
import { type ForcedRoute } from './forced-routes.ts';

let releases: RoutedReleases;
beforeAll(async () => {
  releases = await openRoutedReleases();
});
afterAll(async () => {
  await releases[Symbol.asyncDispose]();
});

const LAYERS = 2;
const EXPERTS = 8;
const prompts = fc.uint32Array({ min: 0, max: SMALL_VOCABULARY - 1, minLength: 1, maxLength: SMALL_CHUNK_TOKENS });

async function stepOne(forward: ForwardPass, tokens: Uint32Array, more: Partial<StepItem> = {}): Promise<StepOutput> {
  const cache = forward.open();
  try {
    const [output] = await forward.step([{ cache, tokens, logitsFrom: 0, routed: { promptTokens: tokens.length, seed: 7, tenant: null, generalist: false }, ...more }]);
    return output!;
  } finally {
    forward.close(cache);
  }
}

/** The routed experts of a decision. */
function chosenAt({ expertIds }: StepOutput, decision: number, topK: number, shared: readonly number[]): number[] {
  return [...expertIds.subarray(decision * topK, (decision + 1) * topK)].filter((expert) => !shared.includes(expert));
}

describe.each(Object.entries(GATING_CASES).filter(([, { fallback }]) => fallback === undefined))('forced routes: %s', (_, routing) => {
  const { topK, sharedExperts: shared = [] } = routing;
  const count = topK - shared.length;

  it('changes no bit where it forces what the router chose, and exactly what it says where it forces others', async () => {
    const forward = await releases.load(routing);
    try {
      await fc.assert(
        fc.asyncProperty(prompts, fc.shuffledSubarray([...Array(EXPERTS).keys()].filter((expert) => !shared.includes(expert)), { minLength: count, maxLength: count }), fc.nat(), async (tokens, others, at) => {
          const plain = await stepOne(forward, tokens);
          const layers = plain.expertIds.length / topK / tokens.length;
          expect(layers).toBe(LAYERS);
          const own = Array.from({ length: tokens.length * layers }, (__, decision): ForcedRoute => ({ row: Math.floor(decision / layers), layer: decision % layers, experts: chosenAt(plain, decision, topK, shared).toReversed() }));
          expect(await stepOne(forward, tokens, { forced: own })).toEqual(plain);

          const decision = at % own.length;
          const { row, layer } = own[decision]!;
          const forced = await stepOne(forward, tokens, { forced: [{ row, layer, experts: others }] });
          expect(chosenAt(forced, decision, topK, shared).toSorted()).toEqual(others.toSorted());
          const isOther = !others.every((expert) => own[decision]!.experts.includes(expert));
          expect((forced.flags?.[decision] ?? 0) & DECISION_FLAGS.fallback).toBe(isOther ? DECISION_FLAGS.fallback : 0);
          // Rows before it, and its own layers before, know nothing of it.
          expect(forced.expertIds.subarray(0, decision * topK)).toEqual(plain.expertIds.subarray(0, decision * topK));
          expect(forced.gates.subarray(0, decision * topK)).toEqual(plain.gates.subarray(0, decision * topK));
        }),
        { numRuns: 10 },
      );
    } finally {
      await forward.dispose();
    }
  });
});

describe('forced routes', () => {
  const plain = { gating: 'softmax-topk', topK: 2, normalise: true } as const;

  it('leave the other sequences of a step as they are', async () => {
    const forward = await releases.load(plain);
    const tokens = Uint32Array.of(1, 2, 3);
    const alone = await stepOne(forward, tokens);
    const [one, two] = [forward.open(), forward.open()];
    const [forced, other] = await forward.step([{ cache: one, tokens, logitsFrom: 0, forced: [{ row: 2, layer: 0, experts: [6, 7] }] }, { cache: two, tokens, logitsFrom: 0 }]);
    expect(other).toEqual(alone);
    expect([...forced!.expertIds.subarray(2 * LAYERS * 2, 2 * LAYERS * 2 + 2)].toSorted()).toEqual([6, 7]);
    await forward.dispose();
  });

  it.each([
    [plain, { row: 3, layer: 0, experts: [0, 1] }, /forced\[0\]\.row is 3; give 0 to 2/],
    [plain, { row: 0, layer: 9, experts: [0, 1] }, /forced\[0\]\.layer is 9/],
    [plain, { row: 0, layer: 0, experts: [1, 1] }, /forced\[0\]\.experts has 1 different experts; give 2/],
    [plain, { row: 0, layer: 0, experts: [1, 8] }, /forced\[0\]\.experts names 8/],
    [{ ...plain, capacity: { factor: 1, policy: 'drop', scope: 'request' } } as const, { row: 0, layer: 0, experts: [0, 1] }, /capacity, quotas or expert choice/],
  ])('refuses what cannot be forced', async (routing, route, message) => {
    const forward = await releases.load(routing);
    await expect(stepOne(forward, Uint32Array.of(1, 2, 3), { forced: [route] })).rejects.toThrow(message);
    await forward.dispose();
  });
});
