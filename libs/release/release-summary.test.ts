import { expect, it } from 'vitest';
import { memoryEffect } from './memory-effect.ts';
import { type ReleaseManifest } from './manifest.ts';
import { diffManifests } from './release-diff.ts';
import { summariseDiff } from './release-summary.ts';

const digest = (seed: number): string => seed.toString(16).padStart(64, '0');

function manifest(change: Record<string, string> = {}, topK = 2): ReleaseManifest {
  const names = ['backbone', 'tokenizer', 'router/0', 'router/1', ...Array.from({ length: 16 }, (_, at) => `expert/${at >> 3}/${at & 7}`)];
  return {
    format: 'signalbox.release/1', model: 'small', architecture: 'mixtral',
    shape: {
      vocabSize: 16, hiddenSize: 8, layers: 2, experts: 8, expertWidth: 4, attentionHeads: 4, keyValueHeads: 2, headSize: 2, contextTokens: 32,
      rmsNormEpsilon: 1e-5, ropeTheta: 10_000, slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1],
    },
    routing: { gating: 'softmax-topk', topK, normalise: true },
    components: { ...Object.fromEntries(names.map((name, at) => [name, digest(at + 1)])), ...change },
  };
}

const BASE = manifest();

it.each([
  [manifest(), 'no change; 20 components shared'],
  [manifest({ 'expert/1/5': digest(99) }), 'expert release: 1 of 16 experts changed (expert/1/5); 19 components shared'],
  [manifest({ 'router/1': digest(99) }, 1), 'router release: 1 of 2 routers changed (router/1), routing.topK 2 -> 1; 19 components shared'],
  [manifest({ 'router/0': digest(98), 'expert/0/0': digest(99) }), 'router and expert release: 1 of 2 routers changed (router/0), 1 of 16 experts changed (expert/0/0); 18 components shared'],
  [manifest({ backbone: digest(99) }), 'release of another kind: backbone changed; 19 components shared'],
])('says in one line what a release changes', (child, expected) => {
  expect(summariseDiff(diffManifests(BASE, child), child)).toBe(expected);
});

it('names a few of many experts and counts the rest', () => {
  const child = manifest(Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`expert/0/${index}`, digest(100 + index)])));
  expect(summariseDiff(diffManifests(BASE, child), child)).toContain('8 of 16 experts changed (expert/0/0, expert/0/1, expert/0/2, expert/0/3, expert/0/4 and 3 more)');
});

it('counts memory once for each version, and not what is resident', () => {
  const child = manifest({ 'expert/0/0': digest(99), 'expert/0/1': digest(99), tokenizer: digest(98) });
  const ten = (): number => 40;
  expect(memoryEffect(child, [BASE], ten)).toEqual({ additionalBytes: 40, componentsToLoad: 1, totalBytes: 18 * 40 });
  expect(memoryEffect(BASE, [], ten)).toEqual({ additionalBytes: 19 * 40, componentsToLoad: 19, totalBytes: 19 * 40 });
  expect(memoryEffect(child, [BASE, child], ten)).toMatchObject({ additionalBytes: 0, componentsToLoad: 0 });
});
