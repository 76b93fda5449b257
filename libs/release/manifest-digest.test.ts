import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expertName, routerName } from './component.ts';
import { canonicalJson, releaseIdOf, validateManifest } from './manifest-digest.ts';
import { type ReleaseManifest } from './manifest.ts';

const DIGEST = 'a'.repeat(64);

function manifest(change: Partial<ReleaseManifest> = {}): ReleaseManifest {
  const components: Record<string, string> = { tokenizer: DIGEST, backbone: DIGEST };
  for (const layer of [0, 1]) {
    components[routerName(layer)] = DIGEST;
    for (const index of [0, 1, 2]) components[expertName(layer, index)] = DIGEST;
  }
  return {
    format: 'signalbox.release/1',
    model: 'small',
    architecture: 'mixtral',
    shape: {
      vocabSize: 16,
      hiddenSize: 8,
      layers: 2,
      experts: 3,
      expertWidth: 4,
      attentionHeads: 4,
      keyValueHeads: 2,
      headSize: 2,
      contextTokens: 32,
      rmsNormEpsilon: 1e-5,
      ropeTheta: 10_000,
      slidingWindowTokens: null,
      tiedHead: false,
      bosTokenId: 0,
      eosTokenIds: [1],
    },
    routing: { gating: 'softmax-topk', topK: 2, normalise: true },
    components,
    ...change,
  };
}

function without(name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(manifest().components).filter(([key]) => key !== name));
}

describe('canonicalJson', () => {
  it('gives the same text whatever the order of the keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ä' }], a: 1e-5, e: undefined })).toBe('{"a":0.00001,"b":[1,{"c":"ä","d":null}]}');
  });

  it('keeps every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses what JSON cannot hold', () => {
    for (const value of [Number.NaN, [Infinity], { a: 1n }, [undefined]]) expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe('releaseIdOf', () => {
  it('names the content, not the order in which it was put together', () => {
    const { components, ...rest } = manifest();
    const reversed = Object.fromEntries(Object.entries(components).toReversed());
    expect(releaseIdOf({ components: reversed, ...rest })).toBe(releaseIdOf(manifest()));
    expect(releaseIdOf(manifest())).toMatch(/^[0-9a-f]{64}$/);
    expect(releaseIdOf(manifest({ model: 'other' }))).not.toBe(releaseIdOf(manifest()));
  });
});

describe('validateManifest', () => {
  it('finds nothing wrong with a complete manifest', () => {
    expect(validateManifest(manifest())).toEqual([]);
  });

  it.each<[string, Partial<ReleaseManifest>, string, string]>([
    ['a missing expert', { components: without('expert/1/2') }, 'missing-component', 'components.expert/1/2'],
    ['a missing router', { components: without('router/0') }, 'missing-component', 'components.router/0'],
    ['a missing tokenizer', { components: without('tokenizer') }, 'missing-component', 'components.tokenizer'],
    ['a layer too many', { components: { ...manifest().components, 'router/2': DIGEST } }, 'unknown-component', 'components.router/2'],
    ['an unknown name', { components: { ...manifest().components, head: DIGEST } }, 'unknown-component', 'components.head'],
    ['a malformed digest', { components: { ...manifest().components, 'router/0': 'A'.repeat(64) } }, 'malformed-digest', 'components.router/0'],
    ['an empty model name', { model: '' }, 'malformed-model-name', 'model'],
    ['a topK above the experts', { routing: { ...manifest().routing, topK: 4 } }, 'malformed-routing', 'routing.topK'],
    ['a fractional layer count', { shape: { ...manifest().shape, layers: 1.5 } }, 'malformed-shape', 'shape.layers'],
    ['heads that do not divide', { shape: { ...manifest().shape, keyValueHeads: 3 } }, 'malformed-shape', 'shape.keyValueHeads'],
    ['an end token outside the vocabulary', { shape: { ...manifest().shape, eosTokenIds: [16] } }, 'malformed-shape', 'shape.eosTokenIds'],
    ['too many experts', { shape: { ...manifest().shape, experts: 1e6 } }, 'malformed-shape', 'shape.experts'],
  ])('names %s', (_what, change, reason, field) => {
    expect(validateManifest(manifest(change))).toMatchObject([{ reason, field }]);
  });
});
