import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Room } from './capacity/place-selection.ts';
import { RouterLogitsError } from './gating.ts';
import { gateFor, type GateSettings, ROW_GATINGS } from './gating/gate-for.ts';
import { EXPERT_STATE, RowRouter, type RowRules } from './route-row.ts';

const EXPERTS = 8;
const BITS = { dropped: 1, rerouted: 2, masked: 4, fallback: 8, unavailable: 16, generalist: 32 };
const LOGITS = [0.3, -1.2, 2.1, 0.9, -0.4, 1.7, 0, 1.1];

function rules(more: Partial<RowRules> = {}, gate: Partial<GateSettings> = {}): RowRules {
  const topK = more.topK ?? 2;
  const normalise = more.normalise ?? true;
  return {
    topK,
    normalise,
    gate: gateFor({ gating: 'softmax-topk', experts: EXPERTS, topK: topK - (more.shared?.length ?? 0), normalise, groups: null, bias: null, ...gate }),
    shared: [],
    ladder: ['renormalise', 'next-best'],
    generalist: null,
    minConfidence: 0,
    policy: 'drop',
    ...more,
  };
}

/** Full experts, as a room. */
const full = (...experts: number[]): Room => ({ has: (expert) => !experts.includes(expert), take: () => undefined });

interface Routed {
  readonly ids: number[];
  readonly gates: number[];
  readonly marks: number;
  readonly lostMass: number;
  readonly overflow: number;
}

function route(of: RowRules, { logits = LOGITS, masked = [] as number[], unavailable = [] as number[], room = null as Room | null, generalist = false } = {}): Routed {
  const router = new RowRouter(EXPERTS, of.topK, BITS);
  router.logits.set(logits);
  for (const expert of unavailable) router.state[expert] = EXPERT_STATE.unavailable;
  for (const expert of masked) router.state[expert] = EXPERT_STATE.masked;
  const ids = new Uint16Array(of.topK);
  const gates = new Float32Array(of.topK);
  router.route(of, room, generalist, 0, ids, gates, 0);
  return { ids: [...ids], gates: [...gates], marks: router.marks, lostMass: router.lostMass, overflow: router.overflow };
}

const close = (gates: readonly number[], wanted: readonly number[]): void => {
  expect(gates).toHaveLength(wanted.length);
  for (const [rank, gate] of wanted.entries()) expect(gates[rank]).toBeCloseTo(gate, 6);
};
/** Plain gates of experts 2 and 5, by numpy. */
const [FIRST, SECOND] = [0.59868766, 0.40131234];

describe('capacity', () => {
  it('drops: the others keep their gates, and what is lost is counted', () => {
    const dropped = route(rules(), { room: full(2) });
    expect(dropped).toMatchObject({ ids: [5, 2], marks: BITS.dropped, overflow: 1 });
    close(dropped.gates, [SECOND, 0]);
    expect(dropped.lostMass).toBeCloseTo(FIRST, 6);
    const all = route(rules(), { room: full(2, 5) });
    expect(all).toMatchObject({ gates: [0, 0], marks: BITS.dropped, overflow: 2 });
    expect(all.lostMass).toBeCloseTo(1, 6);
  });

  it('reroutes to the next best with room, and drops where there is none', () => {
    const rerouted = route(rules({ policy: 'reroute' }), { room: full(2) });
    expect(rerouted).toMatchObject({ ids: [5, 7], marks: BITS.rerouted, overflow: 1, lostMass: 0 });
    close(rerouted.gates, [1 / (1 + Math.exp(1.1 - 1.7)), 1 / (1 + Math.exp(1.7 - 1.1))]);
    expect(route(rules({ policy: 'reroute' }), { room: full(2, 7) }).ids).toEqual([5, 3]);
    const nobody = route(rules({ policy: 'reroute' }), { room: full(...[...Array(EXPERTS).keys()].filter((expert) => expert !== 5)) });
    expect(nobody).toMatchObject({ ids: [5, 2], marks: BITS.dropped });
    close(nobody.gates, [SECOND, 0]);
  });

  it('pads: everything serves, and is counted', () => {
    const padded = route(rules({ policy: 'pad' }), { room: full(2, 5) });
    expect(padded).toMatchObject({ ids: [2, 5], marks: 0, overflow: 2, lostMass: 0 });
    close(padded.gates, [FIRST, SECOND]);
  });

  it('never uses an expert twice or one that is full, and accounts for all of the mass, for every rule', () => {
    const gatings = ROW_GATINGS.filter((gating) => gating !== 'switch-top1');
    fc.assert(
      fc.property(fc.constantFrom(...gatings), fc.constantFrom('drop' as const, 'reroute' as const), fc.array(fc.integer({ min: -40, max: 40 }).map((x) => x / 16), { minLength: EXPERTS, maxLength: EXPERTS }), fc.subarray([...Array(EXPERTS).keys()]), fc.subarray([...Array(EXPERTS).keys()], { maxLength: 5 }), (gating, policy, logits, fullOnes, masked) => {
        const of = rules({ policy }, { gating, groups: gating === 'two-level' ? { groups: 4, keep: 2 } : null });
        const plain = route(of, { logits, masked });
        const { ids, gates, marks, lostMass, overflow } = route(of, { logits, masked, room: full(...fullOnes) });
        const serving = ids.filter((_, rank) => gates[rank]! > 0);
        expect(new Set(serving).size).toBe(serving.length);
        expect(serving.some((expert) => fullOnes.includes(expert) || masked.includes(expert))).toBe(false);
        expect(overflow).toBe(plain.ids.filter((expert, rank) => plain.gates[rank]! > 0 && fullOnes.includes(expert)).length);
        expect(gates.reduce((sum, gate) => sum + gate, 0) + lostMass).toBeCloseTo(1, 5);
        expect((marks & BITS.dropped) !== 0).toBe(lostMass > 0);
        if (overflow === 0) expect({ ids, gates, marks }).toEqual({ ids: plain.ids, gates: plain.gates, marks: plain.marks });
      }),
      { numRuns: 500 },
    );
  });
});

describe('paths beside the router', () => {
  it('shared experts serve with gate 1, and the router chooses among the others', () => {
    const shared = route(rules({ topK: 3, shared: [2] }));
    expect(shared).toMatchObject({ ids: [2, 5, 7], marks: 0 });
    close(shared.gates, [1, 1 / (1 + Math.exp(1.1 - 1.7)), 1 / (1 + Math.exp(1.7 - 1.1))]);
    expect(route(rules({ topK: 3, shared: [2] }), { masked: [2] })).toMatchObject({ ids: [5, 7, 5], marks: BITS.masked | BITS.fallback });
  });

  it('a generalist takes what is uncertain, and whole requests', () => {
    const generalist = { ids: [6, 6], gates: [1, 0], marks: BITS.generalist | BITS.fallback };
    // The largest probability is 0.364.
    expect(route(rules({ generalist: 6, minConfidence: 0.37 }))).toMatchObject(generalist);
    expect(route(rules({ generalist: 6, minConfidence: 0.36 })).marks).toBe(0);
    expect(route(rules({ generalist: 6 }), { generalist: true })).toMatchObject(generalist);
    expect(route(rules({ generalist: 6 }), { generalist: true, masked: [6] })).toMatchObject({ ids: [2, 5], marks: 0 });
    // Rules that do not normalise give it the mass that the others would have had.
    const switched = route(rules({ topK: 1, normalise: false, generalist: 6 }), { generalist: true });
    close(switched.gates, [0.36415052]);
  });

  it('the ladder serves what an unavailable expert leaves, rung by rung', () => {
    const marks = BITS.unavailable | BITS.fallback;
    expect(route(rules(), { unavailable: [2] })).toMatchObject({ ids: [5, 5], gates: [1, 0], marks });
    expect(route(rules({ ladder: ['next-best'] }), { unavailable: [2] })).toMatchObject({ ids: [5, 7], marks });
    expect(route(rules({ ladder: ['generalist'], generalist: 6 }), { unavailable: [2] })).toMatchObject({ ids: [6, 6], gates: [1, 0], marks: marks | BITS.generalist });
    expect(route(rules({ ladder: ['dense'] }), { unavailable: [2] })).toMatchObject({ gates: [0, 0], marks, lostMass: 1 });
    expect(route(rules(), { unavailable: [1] })).toMatchObject({ ids: [2, 5], marks: 0 });
    // Rules that do not normalise keep the sum of their gates.
    const kept = route(rules({ normalise: false }), { unavailable: [2] });
    close(kept.gates, [0.36415052 + 0.244097393, 0]);
    // What is masked is never the ladder's, and an overflow never goes to who cannot serve.
    expect(route(rules({ ladder: ['next-best'] }), { masked: [7], unavailable: [2] })).toMatchObject({ ids: [5, 3] });
    expect(route(rules({ policy: 'reroute' }), { unavailable: [7], room: full(2) })).toMatchObject({ ids: [5, 3], marks: BITS.rerouted });
  });

  it('serves a row that is left with nobody by nobody, and says so', () => {
    const [, ...others] = [...Array(EXPERTS).keys()];
    expect(route(rules(), { masked: others, unavailable: [0] })).toMatchObject({ ids: [0, 0], gates: [0, 0], marks: BITS.masked | BITS.unavailable | BITS.fallback });
  });
});

it('refuses logits that are not numbers, for every rule', () => {
  for (const gating of ROW_GATINGS) {
    const of = rules({ topK: gating === 'switch-top1' ? 1 : 2 }, { gating, groups: gating === 'two-level' ? { groups: 4, keep: 2 } : null });
    expect(() => route(of, { logits: [0, NaN, ...Array<number>(6).fill(0)] }), gating).toThrow(RouterLogitsError);
  }
});

it('takes every expert where topK is all of them', () => {
  for (const gating of ROW_GATINGS.filter((one) => one !== 'switch-top1' && one !== 'gshard-top2')) {
    const { ids, marks } = route(rules({ topK: EXPERTS }, { gating, groups: gating === 'two-level' ? { groups: 4, keep: 4 } : null }));
    expect(ids.toSorted((a, b) => a - b), gating).toEqual([...Array(EXPERTS).keys()]);
    expect(marks).toBe(0);
  }
});
