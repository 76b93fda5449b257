import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { ReleaseProbe } from './release-probe.ts';

let release: TinyRelease;
let probe: ReleaseProbe;

beforeAll(async () => {
  release = await importTinyRelease();
  probe = newProbe();
});
afterAll(() => probe.dispose());

function newProbe(chunkTokens = 64): ReleaseProbe {
  return new ReleaseProbe({ locate: (sha256) => release.components[sha256]!, threads: 1, maxCacheBytes: 2 ** 28, chunkTokens, maxReleases: 2 });
}

function logSoftmaxAt(row: Float32Array, token: number): number {
  const highest = Math.max(...row);
  return row[token]! - highest - Math.log(row.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

describe('a probe of the demo model', () => {
  it('gives the probabilities and routes of the reference', async () => {
    const { vocabSize } = release.manifest.shape;
    const prompts = release.goldenPrompts.filter(({ inputIds, logitsFrom }) => logitsFrom < inputIds.length - 1);
    expect(prompts).toHaveLength(3);
    for (const prompt of prompts) {
      const tokens = Uint32Array.from(prompt.inputIds);
      const from = Math.max(1, prompt.logitsFrom + 1);
      const [score] = await probe.score(release.manifest, [{ tokens, from }]);
      expect(score!.logProbs).toHaveLength(tokens.length - from);
      for (const [at, logProb] of score!.logProbs.entries()) {
        const row = from - 1 - prompt.logitsFrom + at;
        expect(logProb, prompt.id).toBeCloseTo(logSoftmaxAt(prompt.logits.subarray(row * vocabSize, (row + 1) * vocabSize), tokens[from + at]!), 3);
      }
      const wanted = prompt.inputIds.slice(0, -1).flatMap((_, row) => prompt.experts.flatMap((byRow) => byRow[row]!));
      expect([...score!.routes.expertIds], prompt.id).toEqual(wanted);
    }
  });

  it('says the same to the bit whatever was asked before or beside it', async () => {
    const questions = release.goldenPrompts.slice(0, 3).map(({ inputIds }) => ({ tokens: Uint32Array.from(inputIds), from: 1 }));
    const together = await probe.score(release.manifest, questions);
    const other = newProbe();
    try {
      const backwards = await Promise.all(questions.toReversed().map((question) => other.score(release.manifest, [question])));
      expect(backwards.flat().toReversed()).toEqual(together);
    } finally {
      await other.dispose();
    }
  });

  it('leaves out the experts it is told to, and counts what it ran', async () => {
    const tokens = Uint32Array.from(release.goldenPrompts[0]!.inputIds);
    const [plain] = await probe.score(release.manifest, [{ tokens, from: 1 }]);
    const expert = plain!.routes.expertIds[0]!;
    const before = probe.rows;
    const [without] = await probe.score(release.manifest, [{ tokens, from: 1, intervention: { without: [{ layer: 0, expert }] } }]);
    expect(probe.rows - before).toBe(tokens.length - 1);
    const { layers } = release.manifest.shape;
    const { topK } = release.manifest.routing;
    const ofLayer0 = [...without!.routes.expertIds].filter((_, at) => at % (layers * topK) < topK);
    expect(ofLayer0).not.toContain(expert);
    expect(without!.logProbs).not.toEqual(plain!.logProbs);
  });

  it('forces routes wherever a chunk is cut, and tells of alternatives what forcing them says', async () => {
    const tokens = Uint32Array.from(release.goldenPrompts.find(({ inputIds }) => inputIds.length >= 12)!.inputIds).slice(0, 12);
    const row = 9;
    const choices = [[], [{ layer: 2, experts: [0, 7] }], [{ layer: 0, experts: [3, 4] }, { layer: 3, experts: [1, 2] }]];
    const cut = newProbe(4);
    try {
      const logProbs = await probe.alternatives(release.manifest, { tokens, row, choices });
      for (const [at, choice] of choices.entries()) {
        const question = { tokens: tokens.subarray(0, row + 2), from: row + 1, intervention: { routes: choice.map((route) => ({ ...route, row })) } };
        for (const one of [probe, cut]) {
          const [score] = await one.score(release.manifest, [question]);
          expect(score!.logProbs[0]).toBeCloseTo(logProbs[at]!, 4);
          for (const { layer, experts } of choice) {
            const { layers } = release.manifest.shape;
            const from = (row * layers + layer) * 2;
            expect([...score!.routes.expertIds.subarray(from, from + 2)].toSorted()).toEqual(experts);
          }
        }
      }
      expect(new Set(logProbs).size).toBe(choices.length);
    } finally {
      await cut.dispose();
    }
  });

  it('goes on with the likeliest token', async () => {
    const prompt = release.goldenPrompts[0]!;
    const tokens = Uint32Array.from(prompt.inputIds);
    const answer = await probe.answer(release.manifest, { tokens, maxTokens: 8 });
    expect([...answer.tokens]).toEqual(prompt.greedyIds.slice(0, 8));
    const [score] = await probe.score(release.manifest, [{ tokens: Uint32Array.from([...tokens, ...answer.tokens]), from: tokens.length }]);
    for (const [at, logProb] of answer.logProbs.entries()) expect(logProb).toBeCloseTo(score!.logProbs[at]!, 4);
    expect(answer.routes.expertIds).toEqual(score!.routes.expertIds);
  });

  it('keeps no more releases than it may, and still answers for each', async () => {
    const tokens = Uint32Array.from(release.goldenPrompts[0]!.inputIds);
    const swapped = (expert: number): ReleaseManifest => ({ ...release.manifest, components: { ...release.manifest.components, 'expert/3/0': release.manifest.components[`expert/3/${expert}`]! } });
    const first = await probe.score(swapped(1), [{ tokens, from: 1 }]);
    for (const expert of [2, 3, 4]) await probe.score(swapped(expert), [{ tokens, from: 1 }]);
    expect(await probe.score(swapped(1), [{ tokens, from: 1 }])).toEqual(first);
  });

  it.each([
    [{ tokens: Uint32Array.of(1), from: 1 }, /questions\[0\]\.tokens has 1 tokens/],
    [{ tokens: Uint32Array.of(0, 5), from: 2 }, /questions\[0\]\.from is 2/],
    [{ tokens: Uint32Array.of(0, 5), from: 1, intervention: { without: [{ layer: 9, expert: 0 }] } }, /no expert 9\/0/],
    [{ tokens: Uint32Array.of(0, 5), from: 1, intervention: { without: Array.from({ length: 8 }, (_, expert) => ({ layer: 0, expert })) } }, /no expert in layer 0/],
  ])('refuses a question that cannot be asked', async (question, message) => {
    await expect(probe.score(release.manifest, [question])).rejects.toThrow(message);
  });
});
