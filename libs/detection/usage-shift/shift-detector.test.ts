import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { freezeUsageBaseline, type UsageBaseline } from '../baseline/usage-baseline.ts';
import { betScore, boundMean, unitDirection } from './bet.ts';
import { alarmThreshold, DEFAULT_DETECTOR } from './settings.ts';
import { newShiftState, observeRequest, type ShiftAlarm, type ShiftState } from './shift-detector.ts';

const EXPERTS = 8;
const P = [0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
const SHIFTED = [0.26, 0.12, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
const WAKING = [0.5, 0.5, 0, 0];

function request(random: () => number, p: readonly number[]): Float32Array {
  const counts = correlatedRequest(random, p, 120, 0.03);
  return Float32Array.from(counts, (count) => count / 120);
}

function requests(random: () => number, p: readonly number[], count: number): Float32Array[] {
  return Array.from({ length: count }, () => request(random, p));
}

/** Feeds requests and returns how many it took to the first alarm, or null. */
function delay(state: ShiftState, stream: readonly Float32Array[], baseline: UsageBaseline, threshold: number): { after: number; alarm: ShiftAlarm } | null {
  for (const [index, one] of stream.entries()) {
    const alarm = observeRequest(state, one, baseline, threshold, DEFAULT_DETECTOR);
    if (alarm) return { after: index + 1, alarm };
  }
  return null;
}

describe('usage-shift detector', () => {
  const random = seededRandom(5);
  let baseline: UsageBaseline;
  beforeAll(() => {
    baseline = freezeUsageBaseline([{ name: 'all', shares: requests(random, P, 3000) }]);
  });

  it('sees a shift of two experts, says which, and takes the evidence back', () => {
    const state = newShiftState(EXPERTS, DEFAULT_DETECTOR);
    expect(delay(state, requests(random, P, 500), baseline, 3600)).toBeNull();
    const seen = delay(state, requests(random, SHIFTED, 600), baseline, 3600);
    expect(seen?.after).toBeLessThan(400);
    expect(seen?.alarm.drift[0]).toBeGreaterThan(0.02);
    expect(seen?.alarm.drift[1]).toBeLessThan(-0.02);
    expect(state).toMatchObject({ alarms: 1, requestsSinceAlarm: 0 });
    expect(state.tracks.every(({ wealth }) => wealth.every((one) => one === 1))).toBe(true);
  });

  it('keeps its budget on stationary traffic', () => {
    let alarms = 0;
    const pool = requests(random, P, 3000);
    for (let stream = 0; stream < 20; stream += 1) {
      const state = newShiftState(EXPERTS, DEFAULT_DETECTOR);
      for (let at = 0; at < 2000; at += 1) {
        const one = pool[Math.floor(random() * pool.length)];
        if (one && observeRequest(state, one, baseline, 100, DEFAULT_DETECTOR)) alarms += 1;
      }
    }
    // 40,000 requests at a threshold of 100 may raise 400 false alarms on average.
    expect(alarms).toBeLessThanOrEqual(400);
  });

  it('is silent for any mixture of known mixes, and sees what none of them explains', () => {
    const night = [0.07, 0.08, 0.1, 0.1, 0.12, 0.15, 0.18, 0.2];
    const mixed = freezeUsageBaseline([
      { name: 'day', shares: requests(random, P, 1500) },
      { name: 'night', shares: requests(random, night, 1500) },
    ]);
    const state = newShiftState(EXPERTS, DEFAULT_DETECTOR);
    const swings = Array.from({ length: 2000 }, (_, at) => request(random, random() < (1 + Math.sin(at / 200)) / 2 ? P : night));
    expect(delay(state, swings, mixed, 200)).toBeNull();
    const third = [0.04, 0.04, 0.3, 0.3, 0.04, 0.04, 0.12, 0.12];
    expect(delay(state, requests(random, third, 300), mixed, 200)).not.toBeNull();
  });

  it('sees a dormant expert wake', () => {
    const quiet = freezeUsageBaseline([{ name: 'all', shares: requests(random, WAKING, 2000) }]);
    const state = newShiftState(4, DEFAULT_DETECTOR);
    expect(delay(state, requests(random, [0.48, 0.48, 0.04, 0], 400), quiet, 3600)?.after).toBeLessThan(100);
  });

  it('goes on from its JSON as if it had never stopped', () => {
    const stream = [...requests(random, P, 200), ...requests(random, SHIFTED, 300)];
    const whole = delay(newShiftState(EXPERTS, DEFAULT_DETECTOR), stream, baseline, 1000);
    let state = newShiftState(EXPERTS, DEFAULT_DETECTOR);
    let parts: ReturnType<typeof delay> = null;
    for (const [index, one] of stream.entries()) {
      state = JSON.parse(JSON.stringify(state)) as ShiftState;
      const alarm = observeRequest(state, one, baseline, 1000, DEFAULT_DETECTOR);
      if (alarm) {
        parts = { after: index + 1, alarm };
        break;
      }
    }
    expect(parts).toEqual(whole);
    expect(whole).not.toBeNull();
  });

  it('never lets wealth fall below zero, whatever comes', () => {
    const share = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: EXPERTS, maxLength: EXPERTS });
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 60 }), (stream) => {
        const state = newShiftState(EXPERTS, DEFAULT_DETECTOR);
        for (const one of stream) {
          observeRequest(state, one, baseline, Number.MAX_VALUE, DEFAULT_DETECTOR);
          for (const { wealth } of state.tracks) for (const value of wealth) expect(value).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('refuses requests of another shape', () => {
    expect(() => observeRequest(newShiftState(EXPERTS, DEFAULT_DETECTOR), [1], baseline, 10, DEFAULT_DETECTOR)).toThrow(RangeError);
  });

  describe('bets', () => {
    it('have unit deviation, and a bound above their mean on fresh requests', () => {
      const direction = unitDirection(baseline, SHIFTED.map((share, j) => share - P[j]!));
      if (direction === null) throw new Error('no direction');
      const fresh = requests(random, P, 4000).map((one) => betScore(direction, one, 0, baseline.mean, 3));
      const mean = fresh.reduce((a, b) => a + b, 0) / fresh.length;
      const deviation = Math.sqrt(fresh.reduce((a, b) => a + (b - mean) ** 2, 0) / fresh.length);
      expect(deviation).toBeGreaterThan(0.9);
      expect(deviation).toBeLessThan(1.1);
      expect(boundMean(baseline, direction, 3, 0.01)).toBeGreaterThan(mean);
    });

    it('have no direction where nothing differs', () => {
      expect(unitDirection(baseline, Array.from({ length: EXPERTS }, () => 0))).toBeNull();
    });
  });
});

it('sets the threshold by the budget', () => {
  expect(alarmThreshold(32, 36_000, 1)).toBe(1_152_000);
});
