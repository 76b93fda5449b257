import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectExperts } from '../gating.ts';
import { biasedSelection } from './biased-selection.ts';
import { chooseBest, type Gate } from './gate.ts';
import { type GateSettings, gateFor, ROW_GATINGS } from './gate-for.ts';
import { addNoise, standardNormal } from './noisy-topk.ts';

const EXPERTS = 8;

interface Picked {
  readonly ids: number[];
  readonly gates: number[];
}

function pick(gate: Gate, logits: readonly number[], topK: number, open: readonly number[] = logits.map(() => 1)): Picked {
  const row = Float64Array.from(logits);
  const mask = Uint8Array.from(open);
  const scores = new Float64Array(logits.length);
  const chosen = new Uint16Array(topK);
  const gates = new Float64Array(topK);
  gate.score(row, mask, scores);
  const count = chooseBest(scores, topK, chosen);
  gate.weigh(row, mask, chosen, count, gates);
  return { ids: [...chosen.subarray(0, count)], gates: [...gates.subarray(0, count)] };
}

const settings = (gating: GateSettings['gating'], topK: number, more: Partial<GateSettings> = {}): GateSettings => ({ gating, experts: EXPERTS, topK, normalise: true, groups: null, bias: null, ...more });

/**
 * Reference values, made with numpy 2.4.6 in float64 by writing each formula out:
 * p = exp(l - max) / sum; s = 1 / (1 + exp(-l)); top-k by sorted(range(8), key=lambda i: (-score[i], i)).
 */
const LOGITS = [0.3, -1.2, 2.1, 0.9, -0.4, 1.7, 0, 1.1];
const BIAS = Float32Array.of(0.2, 0.9, -1, 0, 0.3, -0.9, 0.5, 0.1);
const REFERENCE: readonly (readonly [string, GateSettings, Picked])[] = [
  ['softmax top-2, normalised', settings('softmax-topk', 2), { ids: [2, 5], gates: [0.59868766, 0.40131234] }],
  ['softmax top-2, not normalised', settings('softmax-topk', 2, { normalise: false }), { ids: [2, 5], gates: [0.36415052, 0.244097393] }],
  ['Switch', settings('switch-top1', 1, { normalise: false }), { ids: [2], gates: [0.36415052] }],
  ['GShard', settings('gshard-top2', 2), { ids: [2, 5], gates: [0.59868766, 0.40131234] }],
  ['top-3 then softmax', settings('topk-softmax', 3), { ids: [2, 5, 7], gates: [0.49062911, 0.328878527, 0.180492363] }],
  ['top-2 sigmoid', settings('topk-sigmoid', 2, { normalise: false }), { ids: [2, 5], gates: [0.890903179, 0.845534735] }],
  ['sigmoid with bias, 4 groups of which 2', settings('sigmoid-bias', 3, { bias: BIAS, groups: { groups: 4, keep: 2 } }), { ids: [1, 6, 7], gates: [0.156219004, 0.337442182, 0.506338814] }],
  ['sigmoid with bias', settings('sigmoid-bias', 3, { bias: BIAS }), { ids: [1, 6, 7], gates: [0.156219004, 0.337442182, 0.506338814] }],
  ['two-level, 4 groups of which 2', settings('two-level', 2, { groups: { groups: 4, keep: 2 } }), { ids: [2, 5], gates: [0.700567142, 0.299432858] }],
  ['two-level, 2 groups of which 2', settings('two-level', 4, { groups: { groups: 2, keep: 2 } }), { ids: [2, 5, 7, 3], gates: [0.369859303, 0.334928537, 0.183812679, 0.111399481] }],
];

const exp = Math.exp;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const sorted = (scores: readonly number[], k: number): number[] => scores.map((_, id) => id).filter((id) => scores[id]! > -Infinity).toSorted((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);

/** Each rule once more, as its paper writes it: weights over all experts first, then a choice among them. */
const LITERAL: { readonly [K in GateSettings['gating']]: (l: readonly number[], of: GateSettings) => Map<number, number> } = {
  'softmax-topk': (l, { topK, normalise }) => {
    const p = l.map((x) => exp(x) / sum(l.map(exp)));
    const ids = sorted(p, topK);
    return new Map(ids.map((id) => [id, p[id]! / (normalise ? sum(ids.map((one) => p[one]!)) : 1)]));
  },
  'switch-top1': (l) => {
    const p = l.map((x) => exp(x) / sum(l.map(exp)));
    const best = p.indexOf(Math.max(...p));
    return new Map([[best, p[best]!]]);
  },
  'gshard-top2': (l) => {
    const p = l.map((x) => exp(x) / sum(l.map(exp)));
    const e1 = p.indexOf(Math.max(...p));
    const e2 = p.indexOf(Math.max(...p.filter((_, id) => id !== e1)), p.indexOf(Math.max(...p.filter((_, id) => id !== e1))) === e1 ? e1 + 1 : 0);
    return new Map([[e1, p[e1]! / (p[e1]! + p[e2]!)], [e2, p[e2]! / (p[e1]! + p[e2]!)]]);
  },
  'topk-softmax': (l, { topK }) => {
    // KeepTopK sets the others to minus infinity; the softmax is then over all.
    const ids = new Set(sorted(l, topK));
    const kept = l.map((x, id) => (ids.has(id) ? exp(x) : 0));
    return new Map([...ids].map((id) => [id, kept[id]! / sum(kept)]));
  },
  'noisy-topk': (l, of) => LITERAL['topk-softmax'](l, of),
  'topk-sigmoid': (l, { topK, normalise }) => {
    const ids = sorted(l, topK);
    const s = (id: number): number => exp(l[id]!) / (1 + exp(l[id]!));
    return new Map(ids.map((id) => [id, s(id) / (normalise ? sum(ids.map(s)) : 1)]));
  },
  'sigmoid-bias': (l, { topK, normalise, bias, groups }) => {
    const s = l.map((x) => 1 / (1 + exp(-x)));
    let biased = s.map((x, id) => x + (bias?.[id] ?? 0));
    if (groups) {
      const size = l.length / groups.groups;
      const scores = Array.from({ length: groups.groups }, (_, g) => sum(biased.slice(g * size, (g + 1) * size).toSorted((a, b) => b - a).slice(0, 2)));
      const kept = sorted(scores, groups.keep);
      biased = biased.map((x, id) => (kept.includes(Math.floor(id / size)) ? x : -Infinity));
    }
    const ids = sorted(biased, topK);
    return new Map(ids.map((id) => [id, s[id]! / (normalise ? sum(ids.map((one) => s[one]!)) : 1)]));
  },
  'two-level': (l, { topK, groups }) => {
    const size = l.length / groups!.groups;
    const means = Array.from({ length: groups!.groups }, (_, g) => sum(l.slice(g * size, (g + 1) * size)) / size);
    const kept = sorted(means, groups!.keep);
    const gates = new Map<number, number>();
    for (const g of kept) {
      const ids = sorted(l.map((x, id) => (Math.floor(id / size) === g ? x : -Infinity)), topK / groups!.keep);
      for (const id of ids) gates.set(id, (exp(means[g]!) / sum(kept.map((one) => exp(means[one]!)))) * (exp(l[id]!) / sum(ids.map((one) => exp(l[one]!)))));
    }
    return gates;
  },
};

/** In sixteenths: equal ones are exactly equal, and others differ by more than rounding. */
const logitRows = fc.array(fc.oneof(fc.integer({ min: -96, max: 96 }).map((x) => x / 16), fc.integer({ min: -2, max: 2 })), { minLength: EXPERTS, maxLength: EXPERTS });
const anySettings: fc.Arbitrary<GateSettings> = fc
  .record({ gating: fc.constantFrom(...ROW_GATINGS), topK: fc.integer({ min: 1, max: EXPERTS }), normalise: fc.boolean(), bias: fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: EXPERTS, maxLength: EXPERTS }), keep: fc.constantFrom(1, 2, 4), grouped: fc.boolean() })
  .map(({ gating, topK, normalise, bias, keep, grouped }) => {
    const groups = { groups: 4, keep };
    if (gating === 'switch-top1') return settings(gating, 1, { normalise: false });
    if (gating === 'gshard-top2') return settings(gating, 2);
    if (gating === 'two-level') return settings(gating, topK % 2 === 0 ? keep * 2 : keep, { groups });
    if (gating === 'sigmoid-bias') return settings(gating, grouped ? Math.min(topK, keep * 2) : topK, { normalise, bias: Float32Array.from(bias), groups: grouped ? groups : null });
    return settings(gating, topK, { normalise });
  });

describe('gating rules', () => {
  it.each(REFERENCE)('gives the reference values: %s', (_, of, wanted) => {
    const picked = pick(gateFor(of), LOGITS, of.topK);
    expect(picked.ids).toEqual(wanted.ids);
    for (const [rank, gate] of wanted.gates.entries()) expect(picked.gates[rank]).toBeCloseTo(gate, 7);
  });

  it('is what the papers write, for every rule', () => {
    fc.assert(
      fc.property(anySettings, logitRows, (of, logits) => {
        const picked = pick(gateFor(of), logits, of.topK);
        const wanted = LITERAL[of.gating](logits, of);
        expect(new Set(picked.ids)).toEqual(new Set(wanted.keys()));
        for (const [rank, id] of picked.ids.entries()) expect(Math.abs(picked.gates[rank]! - wanted.get(id)!)).toBeLessThan(1e-12);
      }),
      { numRuns: 600 },
    );
  });

  it('leaves ties to the lowest id, for every rule', () => {
    for (const gating of ROW_GATINGS) {
      const topK = gating === 'switch-top1' ? 1 : 2;
      const picked = pick(gateFor(settings(gating, topK, { normalise: gating !== 'switch-top1', groups: gating === 'two-level' ? { groups: 4, keep: 2 } : null })), Array<number>(EXPERTS).fill(1), topK);
      expect(picked.ids, gating).toEqual(gating === 'two-level' ? [0, 2] : [0, 1].slice(0, topK));
    }
  });

  it('softmax over the k largest is the normalised softmax over all', () => {
    fc.assert(
      fc.property(logitRows, fc.integer({ min: 1, max: EXPERTS }), (logits, topK) => {
        const after = pick(gateFor(settings('topk-softmax', topK)), logits, topK);
        const before = LITERAL['softmax-topk'](logits, settings('softmax-topk', topK));
        for (const [rank, id] of after.ids.entries()) expect(Math.abs(after.gates[rank]! - before.get(id)!)).toBeLessThan(1e-12);
      }),
    );
  });

  it('row by row gives the bits of many rows at once', () => {
    fc.assert(
      fc.property(logitRows, fc.integer({ min: 1, max: EXPERTS }), fc.boolean(), (logits, topK, normalise) => {
        const stored = Float32Array.from(logits);
        const target = { expertIds: new Uint16Array(topK), gates: new Float32Array(topK), offset: 0, rowStride: topK };
        selectExperts(stored, 0, 1, { experts: EXPERTS, topK, normalise }, target);
        const picked = pick(gateFor(settings('softmax-topk', topK, { normalise })), [...stored], topK);
        expect(picked.ids).toEqual([...target.expertIds]);
        expect(Float32Array.from(picked.gates)).toEqual(target.gates);
      }),
    );
  });

  it('acts as if experts that are not open were not there, for every rule', () => {
    fc.assert(
      fc.property(anySettings, logitRows, fc.shuffledSubarray([...Array(EXPERTS).keys()], { minLength: 1 }), fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: EXPERTS, maxLength: EXPERTS }), (of, logits, openIds, others) => {
        const open = logits.map((_, id) => (openIds.includes(id) ? 1 : 0));
        const picked = pick(gateFor(of), logits, of.topK, open);
        expect(picked.ids.every((id) => openIds.includes(id))).toBe(true);
        expect(picked.ids.length).toBeGreaterThan(0);
        // Their logits do not matter.
        const changed = logits.map((logit, id) => (open[id] === 1 ? logit : others[id]!));
        expect(pick(gateFor(of), changed, of.topK, open)).toEqual(picked);
        if (of.normalise) expect(sum(picked.gates)).toBeCloseTo(1, 9);
      }),
      { numRuns: 400 },
    );
  });

  it('adds noise as equation 4 of Shazeer et al. says', () => {
    // numpy: H = l + n * log1p(exp(w)), softmax over the 3 largest.
    const logits = Float64Array.from(LOGITS);
    const normal = [0.5, -1, 0.2, 2, -0.3, 0.1, 1.5, -2];
    addNoise(logits, [0.1, 0.2, -0.5, 0.3, 0, -1, 0.4, 0.7].map((x) => Math.log1p(exp(x))), (expert) => normal[expert]!);
    const picked = pick(gateFor(settings('noisy-topk', 3)), [...logits], 3);
    expect(picked.ids).toEqual([3, 2, 5]);
    for (const [rank, gate] of [0.481477658, 0.318290579, 0.200231763].entries()) expect(picked.gates[rank]).toBeCloseTo(gate, 7);
  });

  it('makes standard normal numbers', () => {
    const values = Array.from({ length: 100 }, (_, a) => Array.from({ length: 100 }, (__, b) => standardNormal((a + 0.5) / 100, (b + 0.5) / 100))).flat();
    const mean = sum(values) / values.length;
    expect(mean).toBeCloseTo(0, 6);
    expect(sum(values.map((value) => (value - mean) ** 2)) / values.length).toBeCloseTo(1, 1);
    expect(Number.isFinite(standardNormal(0, 0))).toBe(true);
  });
});

describe('a bias on what experts are chosen by', () => {
  const CHOOSE_BY_LOGIT = ['softmax-topk', 'topk-softmax', 'topk-sigmoid'] as const;

  it('moves the choice and leaves the gates of whoever is chosen', () => {
    // l + b = [0.5, -0.3, 1.1, 0.9, -0.1, 0.8, 0.5, 1.2]: experts 7 and 2; gates of the softmax over l of these two, 1 / (1 + e^(l2 - l7)).
    const gate = biasedSelection(gateFor(settings('softmax-topk', 2)), Float64Array.from(BIAS));
    const { ids, gates } = pick(gate, LOGITS, 2);
    expect(ids).toEqual([7, 2]);
    expect(gates[0]).toBeCloseTo(1 / (1 + Math.E ** 1), 12);
    expect(gates[1]).toBeCloseTo(1 / (1 + Math.E ** -1), 12);
  });

  it('changes no bit where it is the same for all experts, and obeys masks', () => {
    const logit = fc.double({ min: -20, max: 20, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...CHOOSE_BY_LOGIT), fc.array(logit, { minLength: EXPERTS, maxLength: EXPERTS }), fc.array(fc.constantFrom(0, 1), { minLength: EXPERTS, maxLength: EXPERTS }), (gating, logits, open) => {
        const plain = gateFor(settings(gating, 2));
        // 0 is exact; another constant may make two close logits equal.
        expect(pick(biasedSelection(plain, new Float64Array(EXPERTS)), logits, 2, open)).toEqual(pick(plain, logits, 2, open));
        const { ids } = pick(biasedSelection(plain, Float64Array.from({ length: EXPERTS }, (_, at) => 1000 * (at === 3 ? 1 : 0))), logits, 2, open);
        expect(ids.every((id) => open[id] === 1)).toBe(true);
        if (open[3] === 1) expect(ids[0]).toBe(3);
      }),
    );
  });
});
