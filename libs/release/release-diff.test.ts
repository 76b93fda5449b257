import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expertSetDigest, routerSetDigest } from './component-sets.ts';
import { compareComponentNames, expertName, routerName } from './component.ts';
import { ComposeError, composeManifest } from './compose-manifest.ts';
import { releaseIdOf } from './manifest-digest.ts';
import { type ReleaseManifest } from './manifest.ts';
import { diffManifests, type ReleaseKind } from './release-diff.ts';

const LAYERS = 3;
const EXPERTS = 4;
const digest = (seed: number): string => seed.toString(16).padStart(64, '0');

function manifest(seed: number): ReleaseManifest {
  const names = ['backbone', 'tokenizer'];
  for (let layer = 0; layer < LAYERS; layer += 1) {
    names.push(routerName(layer));
    for (let index = 0; index < EXPERTS; index += 1) names.push(expertName(layer, index));
  }
  return {
    format: 'signalbox.release/1',
    model: 'small',
    architecture: 'mixtral',
    shape: {
      vocabSize: 16, hiddenSize: 8, layers: LAYERS, experts: EXPERTS, expertWidth: 4, attentionHeads: 4, keyValueHeads: 2, headSize: 2, contextTokens: 32,
      rmsNormEpsilon: 1e-5, ropeTheta: 10_000, slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1],
    },
    routing: { gating: 'softmax-topk', topK: 2, normalise: true },
    components: Object.fromEntries(names.map((name, at) => [name, digest(seed * 1000 + at + 1)])),
  };
}

const BASE = manifest(1);
const NAMES = Object.keys(BASE.components);
const changed = (components: Record<string, string>, rest: Partial<ReleaseManifest> = {}): ReleaseManifest => ({ ...BASE, ...rest, components: { ...BASE.components, ...components } });

describe('diffManifests', () => {
  it.each<[ReleaseKind, ReleaseManifest]>([
    ['same', BASE],
    ['expert', changed({ 'expert/1/3': digest(7) })],
    ['router', changed({ 'router/2': digest(7) })],
    ['router', changed({}, { routing: { ...BASE.routing, topK: 1 } })],
    ['router-and-expert', changed({ 'expert/0/0': digest(7) }, { routing: { ...BASE.routing, normalise: false } })],
    ['router-and-expert', changed({ 'expert/0/0': digest(7), 'router/0': digest(8) })],
    ['other', changed({ backbone: digest(7) })],
    ['other', changed({ tokenizer: digest(7), 'router/0': digest(8) })],
    ['other', changed({}, { shape: { ...BASE.shape, contextTokens: 64 } })],
    ['other', changed({}, { model: 'another' })],
  ])('names a %s release', (kind, child) => {
    expect(diffManifests(BASE, child).kind).toBe(kind);
  });

  it('names what changed with the digests before and after, and settings by their path', () => {
    const child = changed({ 'expert/2/1': digest(9) }, { routing: { ...BASE.routing, topK: 3 } });
    expect(diffManifests(BASE, child)).toEqual({
      kind: 'router-and-expert',
      components: [{ name: 'expert/2/1', kind: 'expert', before: BASE.components['expert/2/1'], after: digest(9) }],
      settings: [{ field: 'routing.topK', before: 2, after: 3 }],
      shared: NAMES.length - 1,
    });
  });

  it('tells an added and a removed component', () => {
    const { 'expert/2/3': _, ...fewer } = BASE.components;
    expect(diffManifests(BASE, { ...BASE, components: fewer }).components).toMatchObject([{ name: 'expert/2/3', after: null }]);
    expect(diffManifests({ ...BASE, components: fewer }, BASE).components).toMatchObject([{ name: 'expert/2/3', before: null }]);
  });

  it('finds exactly the replaced components, in the order of the model, and its mirror image the other way', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...NAMES)), (names) => {
        const child = changed(Object.fromEntries(names.map((name, at) => [name, digest(90_000 + at)])));
        const there = diffManifests(BASE, child);
        expect(there.components.map(({ name }) => name)).toEqual(names.toSorted(compareComponentNames));
        expect(there.shared + there.components.length).toBe(NAMES.length);
        const back = diffManifests(child, BASE);
        expect(back.kind).toBe(there.kind);
        expect(back.components.map(({ before, after }) => [after, before])).toEqual(there.components.map(({ before, after }) => [before, after]));
      }),
    );
  });
});

describe('component sets', () => {
  it('an expert changes the expert set only, a router or a routing setting the router set only', () => {
    const sets = (one: ReleaseManifest): [boolean, boolean] => [routerSetDigest(one) === routerSetDigest(BASE), expertSetDigest(one) === expertSetDigest(BASE)];
    expect(sets(changed({ 'expert/0/1': digest(5) }))).toEqual([true, false]);
    expect(sets(changed({ 'router/1': digest(5) }))).toEqual([false, true]);
    expect(sets(changed({}, { routing: { ...BASE.routing, topK: 1 } }))).toEqual([false, true]);
    expect(sets(changed({ backbone: digest(5) }, { model: 'another' }))).toEqual([true, true]);
  });

  it('does not depend on the order of names, and tells two experts that change places', () => {
    const reversed = { ...BASE, components: Object.fromEntries(Object.entries(BASE.components).toReversed()) };
    expect(expertSetDigest(reversed)).toBe(expertSetDigest(BASE));
    const swapped = changed({ 'expert/0/0': BASE.components['expert/0/1']!, 'expert/0/1': BASE.components['expert/0/0']! });
    expect(expertSetDigest(swapped)).not.toBe(expertSetDigest(BASE));
  });
});

describe('composeManifest', () => {
  it('takes routers and settings of one release, experts of another, and puts single replacements last', () => {
    const routers = { ...manifest(2), routing: { ...BASE.routing, topK: 1 } };
    const experts = manifest(3);
    const made = composeManifest({ base: BASE, routersFrom: routers, expertsFrom: experts, replace: { 'expert/0/0': digest(5) } });
    expect(routerSetDigest(made)).toBe(routerSetDigest(routers));
    expect(made.components['backbone']).toBe(BASE.components['backbone']);
    expect(diffManifests(composeManifest({ base: BASE, routersFrom: routers, expertsFrom: experts }), made).components).toEqual([
      { name: 'expert/0/0', kind: 'expert', before: experts.components['expert/0/0'], after: digest(5) },
    ]);
  });

  it('composed of itself is itself', () => {
    fc.assert(
      fc.property(fc.subarray(NAMES), (names) => {
        const replace = Object.fromEntries(names.map((name) => [name, BASE.components[name]!]));
        expect(releaseIdOf(composeManifest({ base: BASE, routersFrom: BASE, expertsFrom: BASE, replace }))).toBe(releaseIdOf(BASE));
      }),
    );
  });

  it.each([
    [{ replace: { 'expert/9/0': digest(1) } }, 'unknown-component', 'replace.expert/9/0'],
    [{ replace: { __proto__x: digest(1) } }, 'unknown-component', 'replace.__proto__x'],
    [{ replace: { 'expert/0/0': 'abc' } }, 'malformed-digest', 'replace.expert/0/0'],
    [{ routing: { topK: 99 } }, 'malformed-routing', 'routing.topK'],
    [{ routersFrom: { ...BASE, shape: { ...BASE.shape, experts: 8 } } }, 'shapes-differ', 'routersFrom'],
  ])('refuses %o', (change, reason, field) => {
    const make = (): unknown => composeManifest({ base: BASE, ...change });
    expect(make).toThrow(ComposeError);
    expect(make).toThrow(expect.objectContaining({ reason, field }));
  });
});
