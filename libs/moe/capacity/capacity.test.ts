import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityTokens, requestAllowance } from './capacity-tokens.ts';
import { QuotaLedger } from './quota-ledger.ts';
import { RowCounts } from './row-counts.ts';
import { newTokenBucket, refill } from './token-bucket.ts';

describe('capacity', () => {
  it('is the even share times the factor, rounded up', () => {
    // Fedus et al. 2022, figure 3: 6 tokens, 3 experts, top-1: 2 with factor 1.0, 3 with 1.5.
    expect(capacityTokens(1, 6, 1, 3)).toBe(2);
    expect(capacityTokens(1.5, 6, 1, 3)).toBe(3);
    // GShard, section 2.2: of the order of 2N / E.
    expect(capacityTokens(1, 1024, 2, 128)).toBe(16);
    // Rounding alone makes no token of room: 1.1 * 10 / 11 is 1.0000000000000002 in binary.
    expect(capacityTokens(1.1, 10, 1, 11)).toBe(1);
  });

  it('of a request never shrinks, depends on the position alone, and reaches what the whole prompt has at once', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 8, noNaN: true }), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 8 }), (factor, promptTokens, topK) => {
        let before = 0;
        for (let position = 0; position < 250; position++) {
          const allowance = requestAllowance(factor, position, promptTokens, topK, 8);
          expect(allowance).toBeGreaterThanOrEqual(before);
          if (position < promptTokens) expect(allowance).toBe(capacityTokens(factor, promptTokens, topK, 8));
          before = allowance;
        }
      }),
    );
  });
});

describe('counts', () => {
  it('of a layer start over from what was committed, and go with a fork', () => {
    const counts = new RowCounts(2, 4);
    counts.take(0, 1);
    counts.restart(0);
    counts.take(0, 1);
    counts.take(1, 3);
    counts.commit();
    counts.take(0, 1);
    const fork = counts.fork();
    expect([counts.count(0, 1), fork.count(0, 1), fork.count(1, 3)]).toEqual([2, 1, 1]);
    fork.take(1, 3);
    expect(counts.count(1, 3)).toBe(1);
  });
});

describe('quotas', () => {
  it('let through at most the rate and a burst, whatever the times', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 50, noNaN: true }), fc.array(fc.nat(3000), { minLength: 1, maxLength: 60 }), (perSecond, gapsMs) => {
        const bucket = newTokenBucket(perSecond, 0);
        let nowMs = 0;
        let passed = 0;
        for (const gap of gapsMs) {
          nowMs += gap;
          refill(bucket, nowMs);
          for (; bucket.level >= 1; bucket.level -= 1) passed++;
        }
        expect(passed).toBeLessThanOrEqual((nowMs / 1000) * perSecond + Math.max(perSecond, 1) + 1e-6);
      }),
    );
  });

  it('take nothing from time that runs backwards', () => {
    const bucket = newTokenBucket(2, 1000);
    bucket.level = 0;
    refill(bucket, 500);
    refill(bucket, 1000);
    expect(bucket.level).toBe(0);
  });

  it('bound an expert in one layer, each by its own count', () => {
    const ledger = new QuotaLedger([{ layer: 0, expert: 1, tokensPerBatch: 3 }, { layer: 0, expert: 1, tokensPerBatch: 1, tenant: 'a' }], 0);
    ledger.begin(0);
    ledger.take(0, 1, 'a');
    expect([ledger.hasRoom(0, 1, 'a'), ledger.hasRoom(0, 1, 'b'), ledger.hasRoom(1, 1, 'a'), ledger.hasRoom(0, 2, 'a')]).toEqual([false, true, true, true]);
    ledger.take(0, 1, 'b');
    ledger.take(0, 1, null);
    expect(ledger.hasRoom(0, 1, 'b')).toBe(false);
    ledger.restart(0);
    expect(ledger.hasRoom(0, 1, 'b')).toBe(true);
  });
});
