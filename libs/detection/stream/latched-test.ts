import { type UsageBaseline } from '../baseline/usage-baseline.ts';
import { newShiftState, observeRequest, raiseShift, type ShiftAlarm, type ShiftState, shiftEvidence } from '../usage-shift/shift-detector.ts';
import { addRecent, newRecentMoments, type RecentMoments } from './recent-moments.ts';
import { type StreamSettings } from './settings.ts';
import { type ExpertProcesses, newExpertProcesses, observeExperts } from './which-experts.ts';

/** A raised alarm, until it counts as over. Plain data. */
export interface Latch {
  /** About when the change began, epoch milliseconds. */
  readonly sinceMs: number;
  /** Request of the stream at which it was first raised, and last. */
  readonly firstRequest: number;
  lastRequest: number;
  /** Requests that the last alarm took from the start of its evidence. */
  tookRequests: number;
  /** Wealth at the last alarm. */
  evidence: number;
  readonly experts: ExpertProcesses;
}

/** A request that shows the change, to look at. */
export interface Example {
  readonly requestId: string;
  readonly score: number;
}

/** One e-detector of a stream with what people are told of it. Plain data, so that it survives a restart as JSON. */
export interface LatchedTest {
  readonly shift: ShiftState;
  readonly recent: RecentMoments;
  /** By half-life and bet size: the request and the time at which the wealth last began from 1. */
  readonly risingSince: { readonly requests: number[]; readonly ms: number[] };
  latch: Latch | null;
  examples: Example[];
}

/** A request that is being observed: where it is from. */
export interface Observed {
  readonly requestId: string;
  readonly atMs: number;
}

const MAX_EXAMPLES = 10;
/** Wealth from which on something may be under way: examples are collected, verdicts of later layers wait. */
export const SUSPICION = 10;

export function newLatchedTest(length: number, { detector }: StreamSettings): LatchedTest {
  const pairs = detector.halfLivesRequests.length * detector.betSizes.length;
  const zeros = (): number[] => Array.from({ length: pairs }, () => 0);
  return { shift: newShiftState(length, detector), recent: newRecentMoments(length), risingSince: { requests: zeros(), ms: zeros() }, latch: null, examples: [] };
}

/** Takes one request in; changes `test`. Returns whether it raised an alarm. */
export function observeLatched(test: LatchedTest, values: Float32Array, baseline: UsageBaseline, bounds: Float32Array, threshold: number, settings: StreamSettings, { requestId, atMs }: Observed): boolean {
  const { shift, risingSince, latch } = test;
  if (latch !== null) observeExperts(latch.experts, values, baseline, bounds);
  if (latch !== null || shiftEvidence(shift) >= SUSPICION) keepExample(test, values, baseline, requestId);
  else if (test.examples.length > 0) test.examples = [];
  addRecent(test.recent, values, 0, baseline.mean, settings.recentHalfLifeRequests);
  const alarm = observeRequest(shift, values, baseline, threshold, settings.detector);
  if (alarm) raiseLatch(test, alarm, atMs, baseline);
  let at = 0;
  for (const { wealth } of shift.tracks) {
    for (const one of wealth) {
      if (one <= 1) {
        risingSince.requests[at] = shift.requests;
        risingSince.ms[at] = atMs;
      }
      at += 1;
    }
  }
  return alarm !== null;
}

/** Raises the alarm of a test that the rule across streams declares. Changes `test`. */
export function declareTest(test: LatchedTest, baseline: UsageBaseline, threshold: number, { detector }: StreamSettings, atMs: number): void {
  raiseLatch(test, raiseShift(test.shift, shiftEvidence(test.shift), threshold, detector), atMs, baseline);
}

/** Wealth that a test has at the request that it has just seen, before an alarm took it back. */
export function presentEvidence({ shift, latch }: LatchedTest): number {
  return latch !== null && latch.lastRequest === shift.requests ? latch.evidence : shiftEvidence(shift);
}

function raiseLatch(test: LatchedTest, alarm: ShiftAlarm, atMs: number, baseline: UsageBaseline): void {
  const { requests, ms } = test.risingSince;
  const sizes = requests.length / test.shift.tracks.length;
  const at = alarm.track * sizes + alarm.betSize;
  // A wealth above 1 since its first request has no start on record.
  const began = requests[at]!;
  const tookRequests = test.shift.requests - began;
  if (test.latch !== null) {
    test.latch.lastRequest = test.shift.requests;
    test.latch.tookRequests = tookRequests;
    test.latch.evidence = alarm.evidence;
    return;
  }
  test.latch = {
    sinceMs: ms[at]! > 0 ? ms[at]! : atMs,
    firstRequest: test.shift.requests,
    lastRequest: test.shift.requests,
    tookRequests,
    evidence: alarm.evidence,
    experts: newExpertProcesses(baseline.experts),
  };
}

/** Keeps the requests that lie furthest along the direction that wins. */
function keepExample(test: LatchedTest, values: Float32Array, baseline: UsageBaseline, requestId: string): void {
  let score = 0;
  const { sum } = test.recent;
  for (let j = 0; j < sum.length; j += 1) score += sum[j]! * (values[j]! - baseline.mean[j]!);
  score /= Math.max(1, test.recent.weight);
  const weakest = test.examples.at(-1);
  if (weakest && test.examples.length >= MAX_EXAMPLES && weakest.score >= score) return;
  test.examples = [...test.examples, { requestId, score }].toSorted((a, b) => b.score - a.score).slice(0, MAX_EXAMPLES);
}
