import { describe, expect, it } from 'vitest';
import { decideCleared, type LatchedEvidence } from './cleared.ts';
import { DEFAULT_STREAM } from './settings.ts';
import { decideShiftKind, type ShiftSymptoms } from './shift-kind.ts';

describe('decideCleared', () => {
  const quiet: LatchedEvidence = { quietRequests: 300, tookRequests: 100, effectBits: 0.0005, noiseFloorBits: 0.0004 };
  it.each<[Partial<LatchedEvidence>, string]>([
    [{}, 'quiet-and-small'],
    [{ quietRequests: 199 }, 'recent-alarm'],
    [{ tookRequests: 151 }, 'recent-alarm'],
    [{ tookRequests: 9000, quietRequests: 4999 }, 'recent-alarm'],
    [{ tookRequests: 9000, quietRequests: 5000 }, 'quiet-and-small'],
    [{ effectBits: 0.0009 }, 'effect-remains'],
    [{ effectBits: 0.0009, quietRequests: 20_000 }, 'quiet-for-long'],
    [{ effectBits: 0, noiseFloorBits: 0 }, 'quiet-and-small'],
  ])('%j: %s', (change, reason) => {
    expect(decideCleared({ ...quiet, ...change }, DEFAULT_STREAM.clear)).toEqual({ isCleared: reason.startsWith('quiet'), reason });
  });
});

describe('decideShiftKind', () => {
  const calm: ShiftSymptoms = { isUsageRaised: false, isRoutingRaised: false, canTell: true, usageBits: 0.01, usageFloorBits: 0.0005, routingBits: 0.00001, routingFloorBits: 0.0001, requestsSince: 10 };
  it.each<[Partial<ShiftSymptoms>, string, string]>([
    [{}, 'none', 'no-alarm'],
    [{ isUsageRaised: true }, 'mix', 'tokens-explain-it'],
    [{ isUsageRaised: true, canTell: false, routingBits: 0.01 }, 'mix', 'cannot-be-told-apart'],
    [{ isUsageRaised: true, routingBits: 0.008 }, 'pending', 'routing-test-pending'],
    [{ isUsageRaised: true, routingBits: 0.008, requestsSince: 500 }, 'mix', 'tokens-explain-it'],
    [{ isUsageRaised: true, isRoutingRaised: true, routingBits: 0.008 }, 'router', 'tokens-route-differently'],
    [{ isUsageRaised: true, isRoutingRaised: true, routingBits: 0.002 }, 'mix', 'tokens-explain-most'],
    [{ isRoutingRaised: true, routingBits: 0.002 }, 'pending', 'usage-test-pending'],
    [{ isRoutingRaised: true, routingBits: 0.002, requestsSince: 500 }, 'router', 'tokens-route-differently'],
    [{ isRoutingRaised: true, routingBits: 0.0003, usageBits: 0.0001 }, 'router', 'tokens-route-differently'],
  ])('%j: %s, %s', (change, kind, reason) => {
    expect(decideShiftKind({ ...calm, ...change }, DEFAULT_STREAM.kind)).toEqual({ kind, reason });
  });
});
