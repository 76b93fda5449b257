import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairShares } from './fair-shares.ts';

/** Serves backlogged tenants one request at a time; gives the work done for each. */
function serve(weights: Readonly<Record<string, number>>, costs: Readonly<Record<string, readonly number[]>>, rounds: number): Record<string, number> {
  const shares = new FairShares(weights);
  const done: Record<string, number> = {};
  const next: Record<string, number> = {};
  for (const tenant of Object.keys(costs)) {
    done[tenant] = 0;
    next[tenant] = 0;
    shares.joined(tenant);
  }
  for (let round = 0; round < rounds; round++) {
    const { tenant } = shares.first(Object.keys(costs).map((name) => ({ tenant: name, handle: next[name] ?? 0 }))) ?? { tenant: '' };
    const line = costs[tenant] ?? [];
    const cost = line[(next[tenant] ?? 0) % line.length] ?? 0;
    next[tenant] = (next[tenant] ?? 0) + 1;
    done[tenant] = (done[tenant] ?? 0) + cost;
    shares.charge(tenant, cost);
  }
  return done;
}

const MOST = 100;
const line = fc.array(fc.integer({ min: 1, max: MOST }), { minLength: 1, maxLength: 5 });

describe('fair shares', () => {
  it('keeps backlogged tenants within the bound of the paper, whatever their requests cost', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), line, { minKeys: 2 }), fc.integer({ min: 1, max: 300 }), (costs, rounds) => {
        const done = Object.values(serve({}, costs, rounds));
        expect(Math.max(...done) - Math.min(...done)).toBeLessThanOrEqual(2 * MOST);
      }),
    );
  });

  it('gives tenants work in proportion to their weights', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.5, 2, 3, 10), line, line, (weight, first, second) => {
        const done = serve({ a: weight }, { a: first, b: second }, 2000);
        expect(Math.abs((done['a'] ?? 0) / weight - (done['b'] ?? 0))).toBeLessThanOrEqual(2 * MOST * Math.max(1, 1 / weight));
      }),
    );
  });

  it('gives no credit for being idle, and forgives no debt', () => {
    const shares = new FairShares();
    shares.joined('busy');
    shares.charge('busy', 1000);
    shares.joined('idle');
    expect(shares.counterOf('idle')).toBe(1000);
    shares.charge('idle', 500);
    shares.left('idle');
    shares.joined('idle');
    expect(shares.counterOf('idle')).toBe(1500);
    expect(shares.first([{ tenant: 'idle', handle: 1 }, { tenant: 'busy', handle: 2 }])?.tenant).toBe('busy');
  });

  it('begins at the level of the tenant that left last when nobody waits', () => {
    const shares = new FairShares();
    shares.joined('a');
    shares.charge('a', 70);
    shares.left('a');
    shares.joined('b');
    expect(shares.counterOf('b')).toBe(70);
  });

  it('takes equals in order of arrival', () => {
    const shares = new FairShares();
    expect(shares.first([{ tenant: 'a', handle: 9 }, { tenant: 'b', handle: 4 }])?.handle).toBe(4);
    expect(shares.first([])).toBeNull();
  });

  it('keeps a bounded number of counters, those that wait among them', () => {
    const shares = new FairShares();
    shares.joined('stays');
    for (let tenant = 0; tenant < 20_000; tenant++) {
      shares.joined(`t${tenant}`);
      shares.charge(`t${tenant}`, tenant);
      shares.left(`t${tenant}`);
    }
    expect(shares.size).toBeLessThan(5000);
    shares.charge('stays', 1);
    expect(shares.counterOf('stays')).toBe(1);
  });
});
