import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMasked } from '#libs/moe/expert-mask';
import { decideQuarantine, MAX_QUARANTINE_MS, type QuarantineFacts, type QuarantineWish } from './decide-quarantine.ts';
import { expertsLeft, quarantineMask } from './quarantine.ts';

const SHAPE = { releaseId: 'a', layers: 4, experts: 8, topK: 2 };
const WISH: QuarantineWish = { layer: 1, expert: 3, releaseId: null, untilMs: null, force: false };
const FACTS: QuarantineFacts = { nowMs: 1000, releases: [SHAPE], inForce: [], permissions: ['operate'] };
const held = (experts: readonly number[], releaseId: string | null = null) => experts.map((expert) => ({ layer: 1, expert, releaseId }));

describe('decideQuarantine', () => {
  it('takes an expert out while enough are left', () => {
    expect(decideQuarantine(WISH, FACTS)).toEqual({ decision: 'quarantine', reason: 'enough-left', thin: [] });
    expect(decideQuarantine(WISH, { ...FACTS, inForce: held([0, 1, 2, 4, 5]) })).toMatchObject({ reason: 'enough-left' });
  });

  it('leaves no layer with fewer experts than a token selects, unless it is forced by who may', () => {
    const facts = { ...FACTS, inForce: held([0, 1, 2, 4, 5, 6]) };
    expect(decideQuarantine(WISH, facts)).toMatchObject({ decision: 'refuse', reason: 'too-few-left', field: 'expert' });
    expect(decideQuarantine({ ...WISH, force: true }, facts)).toMatchObject({ decision: 'refuse', reason: 'force-not-permitted', field: 'force' });
    expect(decideQuarantine({ ...WISH, force: true }, { ...facts, permissions: ['operate', 'administer'] })).toEqual({ decision: 'quarantine', reason: 'forced', thin: [{ releaseId: 'a', layer: 1, left: 1, topK: 2 }] });
  });

  it('counts what holds in all releases and in one of them, once each', () => {
    const inForce = [...held([0, 1, 2, 4, 5]), ...held([0, 6], 'a'), ...held([7], 'b')];
    expect(decideQuarantine(WISH, { ...FACTS, inForce })).toMatchObject({ reason: 'too-few-left' });
    expect(decideQuarantine({ ...WISH, releaseId: 'b' }, { ...FACTS, releases: [{ ...SHAPE, releaseId: 'b' }], inForce: held([0, 1, 2, 4, 5], 'a') })).toMatchObject({ reason: 'enough-left' });
  });

  it.each([
    [{ ...WISH, layer: 4 }, FACTS, 'no-such-expert', 'layer'],
    [{ ...WISH, expert: 8 }, FACTS, 'no-such-expert', 'expert'],
    [WISH, { ...FACTS, releases: [] }, 'no-release', 'releaseId'],
    [WISH, { ...FACTS, inForce: held([3]) }, 'already-quarantined', 'expert'],
    [{ ...WISH, releaseId: 'a' }, { ...FACTS, inForce: held([3]) }, 'already-quarantined', 'expert'],
    [{ ...WISH, untilMs: 1000 }, FACTS, 'ends-in-the-past', 'until'],
    [{ ...WISH, untilMs: 1001 + MAX_QUARANTINE_MS }, FACTS, 'too-long', 'until'],
  ] as const)('refuses %j with %j: %s', (wish, facts, reason, field) => {
    expect(decideQuarantine(wish, facts)).toMatchObject({ decision: 'refuse', reason, field });
  });

  it('never leaves fewer than topK where it is not forced', () => {
    const expertOf = fc.record({ layer: fc.integer({ min: 0, max: 3 }), expert: fc.integer({ min: 0, max: 7 }), releaseId: fc.constantFrom(null, 'a') });
    fc.assert(
      fc.property(fc.array(expertOf, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (wishes, topK) => {
        const shape = { ...SHAPE, topK };
        const inForce: { layer: number; expert: number; releaseId: string | null }[] = [];
        for (const wish of wishes) {
          const { decision } = decideQuarantine({ ...wish, untilMs: null, force: false }, { ...FACTS, releases: [shape], inForce });
          if (decision === 'quarantine') inForce.push(wish);
        }
        expect(Math.min(...expertsLeft(inForce, shape))).toBeGreaterThanOrEqual(topK);
      }),
    );
  });
});

describe('quarantineMask', () => {
  it('masks what concerns the release, and nothing else', () => {
    expect(quarantineMask(held([3], 'b'), SHAPE)).toBeNull();
    const mask = quarantineMask([...held([3, 9]), ...held([5], 'a'), ...held([6], 'b')], SHAPE)!;
    const masked = Array.from({ length: 32 }, (_, place) => place).filter((place) => isMasked(mask, place >> 3, place & 7));
    expect(masked).toEqual([11, 13]);
  });
});
