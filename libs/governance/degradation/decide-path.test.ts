import { describe, expect, it } from 'vitest';
import { decidePath, type PathFacts } from './decide-path.ts';

const FALLBACK = { generalists: [0, 1], denseModel: 'dense', coldStart: 'generalist' } as const;
const FACTS: PathFacts = { fallback: FALLBACK, model: 'moe', isPinned: false, isExhausted: false, isSegmentSeen: true, isServed: (model) => model === 'dense' };

describe('decidePath', () => {
  it.each([
    ['its own way as usual', FACTS, { path: 'own', reason: 'as-usual' }],
    ['the generalist path where its labels are new', { ...FACTS, isSegmentSeen: false }, { path: 'generalist', reason: 'unseen-segment' }],
    ['its own way where nothing tells whether they are', { ...FACTS, isSegmentSeen: null }, { path: 'own', reason: 'as-usual' }],
    ['its own way where the release does not ask for it', { ...FACTS, isSegmentSeen: false, fallback: { generalists: [0, 1] } }, { path: 'own', reason: 'as-usual' }],
    ['its own way where there are no generalists', { ...FACTS, isSegmentSeen: false, fallback: { coldStart: 'generalist' as const } }, { path: 'own', reason: 'as-usual' }],
    ['the dense model where experts are exhausted', { ...FACTS, isExhausted: true, isSegmentSeen: false }, { path: 'dense', reason: 'experts-exhausted', denseModel: 'dense' }],
    ['its own way where that is not served', { ...FACTS, isExhausted: true, isServed: () => false }, { path: 'own', reason: 'dense-model-not-served' }],
    ['its own way where that would be itself', { ...FACTS, isExhausted: true, model: 'dense' }, { path: 'own', reason: 'dense-model-is-itself' }],
    ['its own way without a dense model', { ...FACTS, isExhausted: true, fallback: undefined }, { path: 'own', reason: 'no-dense-model' }],
    ['its own way where it named its release', { ...FACTS, isPinned: true, isExhausted: true, isSegmentSeen: false }, { path: 'own', reason: 'pinned' }],
  ] as const)('sends a request %s', (_, facts, decision) => expect(decidePath(facts)).toEqual(decision));
});
