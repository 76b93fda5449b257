import { describe, expect, it } from 'vitest';
import { composeManifest } from './compose-manifest.ts';
import { diffManifests } from './release-diff.ts';
import { summariseDiff } from './release-summary.ts';
import { type ReleaseManifest, type RoutingSettings } from './manifest.ts';
import { releaseIdOf } from './manifest-digest.ts';
import { isPlainRouting } from './plain-routing.ts';
import { isBatchDependent, mayShareRoutedPrefix, routingDependence } from './routing-dependence.ts';
import { routingFaults } from './routing-faults.ts';

const SHAPE = { layers: 2, experts: 8 };
const PLAIN: RoutingSettings = { gating: 'softmax-topk', topK: 2, normalise: true };
const DIGEST = 'a'.repeat(64);

const BASE: ReleaseManifest = {
  format: 'signalbox.release/1',
  model: 'toy',
  architecture: 'mixtral',
  shape: {
    vocabSize: 32, hiddenSize: 8, layers: 1, experts: 8, expertWidth: 16, attentionHeads: 2, keyValueHeads: 1, headSize: 4, contextTokens: 64,
    rmsNormEpsilon: 1e-5, ropeTheta: 10_000, slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1],
  },
  routing: PLAIN,
  components: Object.fromEntries(['tokenizer', 'backbone', 'router/0', ...Array.from({ length: 8 }, (_, index) => `expert/0/${index}`)].map((name) => [name, DIGEST])),
};

describe('routing settings that the engine serves', () => {
  it.each<[string, RoutingSettings]>([
    ['plain', PLAIN],
    ['Switch', { gating: 'switch-top1', topK: 1, normalise: false }],
    ['GShard with a shared expert', { gating: 'gshard-top2', topK: 3, normalise: true, sharedExperts: [0] }],
    ['DeepSeek-V3', { gating: 'sigmoid-bias', topK: 3, normalise: true, selectionGroups: { groups: 4, keep: 2 }, scale: 2.5 }],
    ['a selection bias', { ...PLAIN, selectionBias: [[0, 0, 0, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 0, 0, 0, -3]] }],
    ['two-level', { gating: 'two-level', topK: 4, normalise: true, selectionGroups: { groups: 4, keep: 2 } }],
    ['expert choice', { gating: 'expert-choice', topK: 2, normalise: false, capacity: { factor: 2, policy: 'drop', scope: 'batch' } }],
    ['capacity, quotas, fallback', { ...PLAIN, capacity: { factor: 1.25, policy: 'reroute', scope: 'request', limits: [{ layer: 1, expert: 7, tokens: 4 }] }, quotas: [{ layer: 0, expert: 0, tokensPerSecond: 100, tenant: 'a' }], fallback: { ladder: ['renormalise', 'generalist', 'dense'], generalists: [1, 2], denseModel: 'dense', minConfidence: 0.2 } }],
  ])('%s', (_, routing) => expect(routingFaults(routing, SHAPE)).toEqual([]));

  it.each<[string, object, string]>([
    ['an unknown rule', { gating: 'sparsemixer' }, 'gating'],
    ['an unknown setting', { speculation: 2 }, 'speculation'],
    ['no experts', { topK: 0 }, 'topK'],
    ['Switch with two', { gating: 'switch-top1', normalise: false }, 'topK'],
    ['Switch, normalised', { gating: 'switch-top1', topK: 1 }, 'normalise'],
    ['two-level without groups', { gating: 'two-level' }, 'selectionGroups'],
    ['groups that do not divide', { gating: 'sigmoid-bias', selectionGroups: { groups: 3, keep: 1 } }, 'selectionGroups.groups'],
    ['more kept than there are', { gating: 'sigmoid-bias', selectionGroups: { groups: 4, keep: 5 } }, 'selectionGroups.keep'],
    ['groups too small', { gating: 'sigmoid-bias', topK: 3, selectionGroups: { groups: 4, keep: 1 } }, 'topK'],
    ['uneven two-level', { gating: 'two-level', topK: 3, selectionGroups: { groups: 4, keep: 2 } }, 'topK'],
    ['groups of a rule without any', { selectionGroups: { groups: 4, keep: 2 } }, 'selectionGroups'],
    ['noise of another rule', { noise: { deviation: 1 } }, 'noise'],
    ['a bias for one layer of two', { selectionBias: [[0, 0, 0, 0, 0, 0, 0, 0]] }, 'selectionBias'],
    ['a bias without an expert', { selectionBias: [[0, 0, 0, 0, 0, 0, 0, 0], [0]] }, 'selectionBias.1'],
    ['a bias of an endless size', { selectionBias: [[0, 0, 0, 0, 0, 0, 0, Infinity], [0, 0, 0, 0, 0, 0, 0, 0]] }, 'selectionBias.0'],
    ['a bias where experts choose', { gating: 'expert-choice', normalise: false, capacity: { factor: 2, policy: 'drop', scope: 'batch' }, selectionBias: [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]] }, 'selectionBias'],
    ['a scale of nothing', { scale: 0 }, 'scale'],
    ['only shared experts', { sharedExperts: [0, 1] }, 'sharedExperts'],
    ['a shared expert twice', { topK: 3, sharedExperts: [1, 1] }, 'sharedExperts'],
    ['no capacity', { capacity: { factor: 0, policy: 'drop', scope: 'request' } }, 'capacity.factor'],
    ['an unknown policy', { capacity: { factor: 1, policy: 'queue', scope: 'request' } }, 'capacity.policy'],
    ['an unknown scope', { capacity: { factor: 1, policy: 'drop', scope: 'tenant' } }, 'capacity.scope'],
    ['a limit beyond the experts', { capacity: { factor: 1, policy: 'drop', scope: 'request', limits: [{ layer: 0, expert: 8, tokens: 1 }] } }, 'capacity.limits.0.expert'],
    ['two limits on one expert', { capacity: { factor: 1, policy: 'drop', scope: 'request', limits: [{ layer: 0, expert: 1, tokens: 1 }, { layer: 0, expert: 1, tokens: 2 }] } }, 'capacity.limits.1'],
    ['a quota on nothing', { quotas: [{ layer: 0, expert: 1 }] }, 'quotas.0'],
    ['a quota beyond the layers', { quotas: [{ layer: 2, expert: 1, tokensPerBatch: 1 }] }, 'quotas.0.layer'],
    ['expert choice per request', { gating: 'expert-choice', normalise: false, capacity: { factor: 1, policy: 'drop', scope: 'request' } }, 'capacity'],
    ['a generalist for one layer', { fallback: { generalists: [1] } }, 'fallback.generalists'],
    ['confidence without generalists', { fallback: { minConfidence: 0.5 } }, 'fallback.generalists'],
    ['a rung twice', { fallback: { ladder: ['dense', 'dense'] } }, 'fallback.ladder'],
  ])('names what is wrong: %s', (_, change, field) => {
    expect(routingFaults({ ...PLAIN, ...change }, SHAPE).map((fault) => fault.field)).toEqual([field]);
  });
});

describe('what routing depends on', () => {
  const capacity = { factor: 1, policy: 'drop', scope: 'request' } as const;
  it.each<[string, Partial<RoutingSettings>, readonly string[]]>([
    ['nothing', {}, []],
    ['a ladder', { fallback: { generalists: [0, 0], minConfidence: 0.1 } }, []],
    ['capacity per request', { capacity }, ['prompt-length']],
    ['capacity per batch', { capacity: { ...capacity, scope: 'batch' } }, ['batch']],
    ['capacity that only counts', { capacity: { ...capacity, scope: 'batch', policy: 'pad' } }, []],
    ['expert choice', { gating: 'expert-choice', normalise: false }, ['batch']],
    ['a quota by time', { quotas: [{ layer: 0, expert: 0, tokensPerSecond: 1 }] }, ['traffic']],
    ['a quota of a tenant', { quotas: [{ layer: 0, expert: 0, tokensPerBatch: 1, tenant: 'a' }] }, ['batch', 'tenant']],
    ['noise', { gating: 'noisy-topk', noise: { deviation: 1 } }, ['seed']],
  ])('%s', (_, change, wanted) => {
    const routing = { ...PLAIN, ...change };
    expect(routingDependence(routing)).toEqual(wanted);
    expect(isBatchDependent(routing)).toBe(wanted.includes('batch') || wanted.includes('traffic'));
    expect(mayShareRoutedPrefix(routing)).toBe(wanted.length === 0);
  });

  it('is plain where softmax top-k alone serves', () => {
    expect([PLAIN, { ...PLAIN, gating: 'gshard-top2' as const }, { ...PLAIN, scale: 2 }, { ...PLAIN, capacity }, { ...PLAIN, selectionBias: [[1]] }].map(isPlainRouting)).toEqual([true, true, false, false, false]);
  });
});

describe('a release with other routing', () => {
  const capacity = { factor: 1.25, policy: 'drop', scope: 'request' } as const;

  it('is composed, said in words, and taken back', () => {
    const child = composeManifest({ base: BASE, routing: { capacity } });
    expect(summariseDiff(diffManifests(BASE, child), child)).toBe('router release: routing.capacity none -> capacity factor 1.25, dropping, per request; 11 components shared');
    const batch = composeManifest({ base: child, routing: { capacity: { ...capacity, scope: 'batch' } } });
    expect(summariseDiff(diffManifests(child, batch), batch)).toContain('capacity factor 1.25, dropping, per batch, answers depend on what shares the batch');
    // A setting that is taken out leaves no trace in the digest.
    expect(releaseIdOf(composeManifest({ base: batch, routing: { capacity: null } }))).toBe(releaseIdOf(BASE));
  });

  it('is refused by the name of the field', () => {
    expect(() => composeManifest({ base: BASE, routing: { capacity: { ...capacity, factor: -1 } } })).toThrow(expect.objectContaining({ reason: 'malformed-routing', field: 'routing.capacity.factor' }));
    expect(() => composeManifest({ base: BASE, routing: { topK: null } })).toThrow(expect.objectContaining({ field: 'routing.topK' }));
  });

  it('says every other setting in words too', () => {
    const child = composeManifest({
      base: BASE,
      routing: { gating: 'sigmoid-bias', topK: 3, selectionGroups: { groups: 4, keep: 2 }, scale: 2.5, sharedExperts: [0], quotas: [{ layer: 0, expert: 1, tokensPerSecond: 5 }], fallback: { ladder: ['renormalise', 'dense'], denseModel: 'small', generalists: [3], minConfidence: 0.2 } },
    });
    const summary = summariseDiff(diffManifests(BASE, child), child);
    for (const words of ['the best 2 of 4 groups', 'shared experts 0', '1 quota on 1 expert', 'ladder renormalise > dense, generalists 3, dense model small, generalist below confidence 0.2']) expect(summary).toContain(words);
  });
});
