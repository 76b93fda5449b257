import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONFIDENCE_BINS, type LayerUsage } from '#libs/trace/usage';
import { measureCollapse } from './collapse.ts';
import { measureDroppedTokens } from './dropped-tokens.ts';
import { type ExpertLoadLimits, measureExpertLoads } from './expert-load.ts';
import { measureLostConfidence } from './low-confidence.ts';
import { measureLostEntropy } from './low-entropy.ts';
import { wilsonInterval } from '#libs/stats/proportion';
import { measureRuleRefusals } from './rule-refusals.ts';
import { measureSilence, type RecordedTraffic } from './silence.ts';
import { measureSlowExperts } from './slow-expert.ts';
import { effectiveRequests, effectiveSelections, type LayerWindow } from './window-finding.ts';

const LIMITS = { minRequests: 5 };
const LOADS: ExpertLoadLimits = { minRequests: 5, maxMissedChance: 0.001, dormantLoad: 0.1, wakingLoad: 0.3 };

/** Usage of requests given by their counts for each expert, with all first gates in one bin. */
function windowOf(perRequest: readonly (readonly number[])[], { bin = 14, topK = 2, ...own }: Partial<LayerUsage> & { bin?: number; topK?: number } = {}): LayerWindow {
  const experts = perRequest[0]?.length ?? 4;
  const load = new Float64Array(experts);
  const cross = new Float64Array(experts);
  let sumSquaresCells = 0;
  let sumSquaresRequests = 0;
  for (const counts of perRequest) {
    const n = counts.reduce((sum, count) => sum + count, 0);
    counts.forEach((count, j) => {
      load[j]! += count;
      cross[j]! += count * n;
      sumSquaresCells += count * count;
    });
    sumSquaresRequests += n * n;
  }
  const tokens = load.reduce((sum, count) => sum + count, 0) / topK;
  const confidence = new Float64Array(CONFIDENCE_BINS);
  confidence[bin] = tokens;
  return {
    topK,
    usage: { load, cross, gateMass: load, pairs: null, confidence, sumSquaresCells, sumSquaresRequests, tokens, requests: perRequest.length, droppedSelections: 0, dropped: 0, rerouted: 0, masked: 0, fallback: 0, ...own },
  };
}

const many = (counts: readonly number[], requests = 40) => Array.from({ length: requests }, () => counts);
/** Each request about these counts, one selection moved between the first two experts by turns. */
const wavering = (counts: readonly number[], requests = 40) =>
  Array.from({ length: requests }, (_, r) => counts.map((count, j) => count + (j === r % 2 && count > 0 ? 1 : 0)));

describe('wilsonInterval', () => {
  it("gives the intervals of Newcombe 1998, table I, method 3", () => {
    const cases = [[81, 263, 0.2553, 0.3662], [15, 148, 0.0624, 0.1605], [0, 20, 0, 0.1611], [1, 29, 0.0061, 0.1718]] as const;
    for (const [count, n, low, high] of cases) {
      expect(wilsonInterval(count / n, n)).toEqual({ low: expect.closeTo(low, 4), high: expect.closeTo(high, 4) });
    }
  });

  it('holds the share, and narrows with trials', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.5, max: 1e6, noNaN: true }), (share, trials) => {
      const { low, high } = wilsonInterval(share, trials);
      expect(low).toBeLessThanOrEqual(share + 1e-12);
      expect(high).toBeGreaterThanOrEqual(share - 1e-12);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      const more = wilsonInterval(share, trials * 4);
      expect(more.high - more.low).toBeLessThanOrEqual(high - low + 1e-12);
    }));
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('collapse and entropy', () => {
  it('is 1 when all experts are used alike, and k/E when k are', () => {
    expect(measureCollapse(windowOf(wavering([10, 10, 10, 10])), LIMITS)).toMatchObject({ value: expect.closeTo(1, 2), reason: 'measured' });
    const half = measureCollapse(windowOf(wavering([20, 20, 0, 0])), LIMITS);
    expect(half.value).toBeCloseTo(0.5, 2);
    expect(half.interval!.low).toBeLessThanOrEqual(half.value!);
    expect(half.interval!.high).toBeGreaterThanOrEqual(half.value!);
  });

  it('loses one bit when usage halves, and gains it back the other way', () => {
    const wide = windowOf(wavering([10, 10, 10, 10]));
    const narrow = windowOf(wavering([20, 20, 0, 0]));
    const lost = measureLostEntropy(narrow, wide, LIMITS);
    expect(lost.value).toBeCloseTo(1, 1);
    expect(lost.interval!.low).toBeGreaterThan(0.5);
    expect(measureLostEntropy(wide, narrow, LIMITS).value).toBeCloseTo(-lost.value!, 12);
    const same = measureLostEntropy(wide, wide, LIMITS);
    expect(same).toMatchObject({ value: 0 });
    expect(same.interval!.low).toBeLessThan(0);
  });

  it('says why there is no value', () => {
    const enough = windowOf(many([1, 1, 0, 0]));
    const few = windowOf(many([1, 1, 0, 0], 4));
    const nothing = windowOf(many([0, 0, 0, 0]));
    expect(measureCollapse(few, LIMITS)).toEqual({ value: null, interval: null, reason: 'too-few-requests' });
    expect(measureCollapse(nothing, LIMITS).reason).toBe('nothing-selected');
    expect([measureLostEntropy(enough, null, LIMITS), measureLostEntropy(enough, few, LIMITS), measureLostConfidence(enough, null, LIMITS)].map(({ reason }) => reason)).toEqual(['no-reference', 'no-reference', 'no-reference']);
  });
});

describe('measureExpertLoads', () => {
  it('calls an expert dead only when a live one would hardly be missed', () => {
    const reference = windowOf(wavering([10, 10, 10, 10]));
    const [first, , , last] = measureExpertLoads(windowOf(wavering([10, 10, 10, 0])), reference, LOADS)!;
    expect(last).toMatchObject({ reason: 'dead', missingLoad: expect.closeTo(1, 1), load: 0 });
    expect(last!.missedChance! * 4).toBeLessThan(0.001);
    expect(first).toMatchObject({ reason: 'in-use', missingLoad: 0, missedChance: null });
    // Few selections, or requests that differ much, do not say so.
    const [, , , rare] = measureExpertLoads(windowOf(many([1, 1, 0, 0], 5)), null, LOADS)!;
    expect(rare).toMatchObject({ reason: 'missed-too-likely', missingLoad: 0 });
    const clustered = windowOf(Array.from({ length: 9 }, (_, r) => [0, 1, 2, 3].map((j) => (j === r % 3 ? 200 : 0))));
    expect(measureExpertLoads(clustered, null, LOADS)![3]!.reason).toBe('missed-too-likely');
  });

  it('holds the chance of a false death over all experts of the layer to its limit', () => {
    const window = windowOf(wavering([2, 2, 2, 0], 5));
    const chance = 0.75 ** effectiveSelections(window);
    const reasonAt = (maxMissedChance: number) => measureExpertLoads(window, null, { ...LOADS, maxMissedChance })![3]!;
    expect(reasonAt(1).missedChance).toBeCloseTo(chance, 15);
    // Within the limit for one expert alone, but not for four.
    expect([2 * chance, 3.99 * chance, 4.01 * chance].map((limit) => reasonAt(limit).reason)).toEqual(['missed-too-likely', 'missed-too-likely', 'dead']);
  });

  it('does not call an expert dead that was dormant before, and sees it wake', () => {
    const dormant = windowOf(wavering([20, 20, 10, 0], 200));
    expect(measureExpertLoads(windowOf(wavering([20, 20, 10, 0])), dormant, LOADS)![3]!.reason).toBe('missed-too-likely');
    expect(measureExpertLoads(windowOf(wavering([15, 15, 10, 10])), dormant, LOADS)![3]).toMatchObject({ reason: 'waking', wokenLoad: expect.closeTo(0.78, 1) });
  });

  it('gives loads that sum to the number of experts, each inside its interval', () => {
    const counts = fc.array(fc.nat(50), { minLength: 6, maxLength: 6 });
    fc.assert(fc.property(fc.array(counts, { minLength: 5, maxLength: 30 }), (perRequest) => {
      const loads = measureExpertLoads(windowOf(perRequest), null, LOADS);
      if (perRequest.every((one) => one.every((count) => count === 0))) return expect(loads).toBeNull();
      expect(loads!.reduce((sum, { load }) => sum + load, 0)).toBeCloseTo(6, 9);
      for (const { load, interval } of loads!) {
        expect(interval.low).toBeLessThanOrEqual(load + 1e-9);
        expect(interval.high).toBeGreaterThanOrEqual(load - 1e-9);
      }
    }));
  });
});

describe('drops, confidence and rules', () => {
  it('takes requests, not tokens, as the trials of what was dropped', () => {
    const window = windowOf(many([5, 5, 0, 0], 50), { dropped: 20, rerouted: 5, topK: 2 });
    expect(effectiveRequests(window.usage)).toBeCloseTo(50, 9);
    expect(measureDroppedTokens(window, LIMITS)).toEqual({ value: 0.1, interval: wilsonInterval(0.1, 50), reason: 'measured' });
  });

  it('measures how much of the first weight was lost', () => {
    const before = windowOf(many([5, 5, 0, 0]), { bin: 15 });
    const now = windowOf(many([5, 5, 0, 0]), { bin: 11 });
    expect(measureLostConfidence(now, before, LIMITS).value).toBeCloseTo(0.2, 9);
    expect(measureLostConfidence(before, now, LIMITS).value).toBeCloseTo(-0.2, 9);
  });

  it('gives the share of requests that rules refused', () => {
    expect(measureRuleRefusals({ recorded: 182, refused: 81 }, LIMITS)).toMatchObject({ value: 81 / 263, interval: { low: expect.closeTo(0.2553, 4), high: expect.closeTo(0.3662, 4) } });
    expect(measureRuleRefusals({ recorded: 0, refused: 4 }, LIMITS).value).toBeNull();
  });
});

describe('measureSlowExperts', () => {
  const speed = (expert: number, medianMs: number, pastMedianMs: number | null = 1) => ({ expert, runs: 100, medianMs, pastMedianMs });
  const limits = { minRuns: 30 };

  it('counts the smaller of the two ratios', () => {
    const slow = measureSlowExperts([speed(0, 1), speed(1, 1), speed(2, 6, 2), speed(3, 3, null)], limits);
    expect(slow.map(({ value, reason }) => [value, reason])).toEqual([
      [0.5, 'against-layer-and-past'], [0.5, 'against-layer-and-past'], [3, 'against-layer-and-past'], [1.5, 'against-layer'],
    ]);
  });

  it('is 1 for all when everything slows down alike, and says nothing of few runs', () => {
    expect(measureSlowExperts([0, 1, 2, 3].map((expert) => speed(expert, 5)), limits).map(({ value }) => value)).toEqual([1, 1, 1, 1]);
    expect(measureSlowExperts([speed(0, 1), speed(1, 1), { ...speed(2, 9), runs: 29 }], limits)).toEqual([]);
  });
});

describe('measureSilence', () => {
  const HOUR = 3_600_000;
  const limits = { minRequestsPerHour: 5, recordingMs: 120_000 };
  const nowMs = 100 * HOUR;
  const busy: RecordedTraffic = { lastRecordedMs: nowMs - 600_000, firstRecordedMs: nowMs - 40 * HOUR, requestsInLastHour: 50, requestsADayAgo: 50, isServed: true };
  const of = (own: Partial<RecordedTraffic>) => measureSilence({ ...busy, ...own }, nowMs, limits);

  it('gives the seconds since the last request where more are expected', () => {
    expect(of({})).toEqual({ value: 600, reason: 'silent-while-served' });
    expect(of({ isServed: false })).toEqual({ value: 600, reason: 'silent-and-not-served' });
    expect(of({ lastRecordedMs: nowMs - 60_000 })).toEqual({ value: 60, reason: 'recorded' });
    // Also after more than an hour.
    expect(of({ lastRecordedMs: nowMs - 5 * HOUR }).value).toBe(18_000);
  });

  it('expects nothing of a model that was hardly used, or is quiet at this hour', () => {
    expect(of({ requestsInLastHour: 4 })).toEqual({ value: null, reason: 'too-few-before' });
    expect(of({ requestsADayAgo: 0 })).toEqual({ value: null, reason: 'quiet-at-this-hour' });
    expect(of({ lastRecordedMs: null })).toEqual({ value: null, reason: 'never-recorded' });
  });

  it('expects nothing of a model that was tried once, not even a day later', () => {
    const tried = { lastRecordedMs: nowMs - 900_000, firstRecordedMs: nowMs - 960_000, requestsInLastHour: 288 };
    expect(of({ ...tried, requestsADayAgo: 0 })).toEqual({ value: null, reason: 'no-day-to-compare' });
    expect(of({ ...tried, lastRecordedMs: nowMs - 24 * HOUR, firstRecordedMs: nowMs - 24 * HOUR - 60_000, requestsADayAgo: 288 })).toEqual({ value: null, reason: 'no-day-to-compare' });
  });
});
