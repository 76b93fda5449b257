import { describe, expect, it } from 'vitest';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { freezeUsageBaseline } from '../baseline/usage-baseline.ts';
import { DEFAULT_DETECTOR } from '../usage-shift/settings.ts';
import { newShiftState, observeRequest } from '../usage-shift/shift-detector.ts';
import { freezeTokenRouting, type RoutedRows, routingResidual, type TokenRouting } from './token-routing.ts';

const EXPERTS = 4;
const random = seededRandom(21);

/** Tokens 0 to 39; a token prefers expert token % 4, or the one after it where the router has changed. */
function request(firstToken: number, turned: number): RoutedRows {
  const tokenIds = Array.from({ length: 60 }, () => firstToken + Math.floor(random() * 20));
  const expertIds = tokenIds.flatMap((token) => {
    const preferred = (token + (random() < turned ? 1 : 0)) % EXPERTS;
    const first = random() < 0.7 ? preferred : Math.floor(random() * EXPERTS);
    return [first, (first + 1 + Math.floor(random() * 3)) % EXPERTS];
  });
  return { tokenIds, expertIds, offset: 0, stride: 2, topK: 2 };
}

function usage({ expertIds }: RoutedRows): Float32Array {
  const shares = new Float32Array(EXPERTS);
  for (let at = 0; at < expertIds.length; at += 1) shares[expertIds[at]!]! += 1 / expertIds.length;
  return shares;
}

function table(requests: readonly RoutedRows[], maxTokens = 100, minSightings = 1): TokenRouting {
  return freezeTokenRouting(requests, EXPERTS, { maxTokens, minSightings });
}

describe('routing residual', () => {
  it('is what a table worked by hand says', () => {
    // Token 7 went to 0 and 1 twice each; with 4 selections of the mean (1/2, 1/2) it stays at 1/2 each.
    const rows: RoutedRows = { tokenIds: [7, 7], expertIds: [0, 1, 1, 0], offset: 0, stride: 2, topK: 2 };
    const close = [...routingResidual(table([rows]), rows).values].map((value) => Math.round(value * 1e4) / 1e4 + 0);
    expect(close).toEqual([0, 0, 0, 0, 0]);
    const moved: RoutedRows = { ...rows, expertIds: [2, 1, 2, 0] };
    const away = [...routingResidual(table([rows]), moved).values].map((value) => Math.round(value * 1e4) / 1e4 + 0);
    expect(away).toEqual([-0.25, -0.25, 0.5, 0, -0.25]);
  });

  it('sums to zero, and leaves out the tokens that it does not know well', () => {
    const routing = table(Array.from({ length: 200 }, () => request(0, 0)), 10);
    const { values, knownRows } = routingResidual(routing, request(0, 0));
    expect(values.subarray(0, EXPERTS).reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
    expect(routing.rows.size).toBe(10);
    expect(knownRows).toBeLessThan(60);
    expect(routingResidual(routing, request(20, 0))).toEqual({ values: new Float32Array(EXPERTS + 1), knownRows: 0 });
    expect(table([{ tokenIds: [1, 1, 2], expertIds: [0, 0, 0], offset: 0, stride: 1, topK: 1 }], 10, 2).rows).toEqual(new Map([[1, 0]]));
  });

  it('tells a change of the traffic from a change of the router', () => {
    const mixed = (turned: number): RoutedRows => request(random() < 0.8 ? 0 : 20, turned);
    const routing = table(Array.from({ length: 1500 }, () => mixed(0)));
    const before = Array.from({ length: 3000 }, () => mixed(0));
    const byUsage = freezeUsageBaseline([{ name: 'all', shares: before.map(usage) }]);
    const byResidual = freezeUsageBaseline([{ name: 'all', shares: before.map((rows) => routingResidual(routing, rows).values) }]);
    const alarms = (requests: readonly RoutedRows[]) => {
      const states = [newShiftState(EXPERTS, DEFAULT_DETECTOR), newShiftState(EXPERTS + 1, DEFAULT_DETECTOR)] as const;
      let usageAlarms = 0;
      let residualAlarms = 0;
      for (const rows of requests) {
        if (observeRequest(states[0], usage(rows), byUsage, 3000, DEFAULT_DETECTOR)) usageAlarms += 1;
        if (observeRequest(states[1], routingResidual(routing, rows).values, byResidual, 3000, DEFAULT_DETECTOR)) residualAlarms += 1;
      }
      return { usageAlarms, residualAlarms };
    };
    // Tokens 0 to 3 only: expert 0 to 3 in other shares than before.
    const narrow = Array.from({ length: 600 }, () => {
      const rows = request(0, 0);
      return { ...rows, ...narrowed() };
    });
    expect(alarms(narrow)).toMatchObject({ residualAlarms: 0 });
    expect(alarms(narrow).usageAlarms).toBeGreaterThan(0);
    expect(alarms(Array.from({ length: 600 }, () => mixed(0.3))).residualAlarms).toBeGreaterThan(0);
    expect(alarms(Array.from({ length: 600 }, () => mixed(0)))).toEqual({ usageAlarms: 0, residualAlarms: 0 });
  });
});

/** Half of the tokens ask for expert 0's. */
function narrowed(): Pick<RoutedRows, 'tokenIds' | 'expertIds'> {
  const tokenIds = Array.from({ length: 60 }, () => (random() < 0.4 ? 4 * Math.floor(random() * 5) : Math.floor(random() * 20)));
  const expertIds = tokenIds.flatMap((token) => {
    const first = random() < 0.7 ? token % EXPERTS : Math.floor(random() * EXPERTS);
    return [first, (first + 1 + Math.floor(random() * 3)) % EXPERTS];
  });
  return { tokenIds, expertIds };
}
