import { describe, expect, it } from 'vitest';
import { DEFAULT_ADMISSION } from './admission-settings.ts';
import { type GenerateOutcome } from './engine.ts';
import { type Ask, FrontDesk } from './front-desk.ts';
import { Pace } from './pace.ts';
import { plainRequest } from './testing/collect.ts';
import { unstartedOutcome } from './generation.ts';
import { workAhead } from './queue-wait.ts';

const LIMITS = { maxSequences: 2, maxQueued: 40, prefillChunkTokens: 64, threads: 1 };
const ASK: Ask = { tenant: 'a', promptTokens: 10, choices: 1, maxTokens: 45, deadlineMs: null, continues: false };

function answered(completionTokens: number, prefillMs: number, decodeMs: number): GenerateOutcome {
  return { ...unstartedOutcome(plainRequest({}), 'cancelled', null, 0), status: 'answered', completionTokens, timing: { queueWaitMs: 0, timeToFirstTokenMs: null, prefillMs, decodeMs } };
}

/** A desk that has seen 1000 units of work in a second, and 100 ms a request. */
function trained(queueTargetMs: number | null, tenantQueueShare = 1, weights = {}): { desk: FrontDesk; add: (tenant: string, count: number) => void } {
  const desk = new FrontDesk({ ...LIMITS, admission: { ...DEFAULT_ADMISSION, queueTargetMs, tenantQueueShare, weights } });
  let handle = 0;
  const add = (tenant: string, count: number): void => {
    for (let i = 0; i < count; i++) {
      const ask = { ...ASK, tenant };
      desk.admitted(handle++, ask, desk.decide(ask, 0).decision === 'run');
    }
  };
  add('warm', 3);
  // One waits throughout, so the spans count.
  desk.stepped([], 0);
  for (let ms = 100; ms <= 1000; ms += 100) desk.stepped(ms === 100 ? [0, ...Array.from({ length: 44 }, () => 0)] : Array.from({ length: 50 }, () => 0), ms);
  for (const done of [0, 1, 2]) desk.ended(done, answered(45, 10, 88));
  return { desk, add };
}

describe('the front desk', () => {
  it('counts who runs and who waits', () => {
    const { desk, add } = trained(null);
    expect([desk.running, desk.waiting]).toEqual([0, 0]);
    add('a', 5);
    expect([desk.running, desk.waiting]).toEqual([2, 3]);
    desk.started(5, 10);
    expect([desk.running, desk.waiting]).toEqual([3, 2]);
    desk.ended(5, null);
    desk.ended(5, null);
    expect([desk.running, desk.waiting]).toEqual([2, 2]);
  });

  it('lets a tenant with nothing waiting in, while it sends away the one that fills the queue', () => {
    const { desk, add } = trained(1000);
    add('greedy', 13);
    const refused = desk.decide({ ...ASK, tenant: 'greedy' }, 0);
    expect(refused).toMatchObject({ decision: 'refuse', reason: 'tenant-delay' });
    expect(desk.decide({ ...ASK, tenant: 'modest' }, 0)).toEqual({ decision: 'wait' });
    expect(desk.figures()).toMatchObject({ refused: { 'tenant-delay': 1, 'queue-delay': 0 }, tenantsWaiting: 1, largestBacklogShare: 1 });
    expect(desk.figures().workPerSecond).toBeCloseTo(1000, 6);
  });

  it('gives a tenant of more weight a shorter wait', () => {
    const of = (weights: Record<string, number>) => {
      const { desk, add } = trained(1000, 1, weights);
      add('a', 8);
      add('b', 7);
      return desk.decide(ASK, 0).decision;
    };
    expect([of({}), of({ a: 10 })]).toEqual(['refuse', 'wait']);
  });

  it('keeps a part of the queue for others', () => {
    const { desk, add } = trained(null, 0.1);
    add('a', 6);
    expect(desk.decide(ASK, 0)).toMatchObject({ reason: 'tenant-queue' });
    expect(desk.decide({ ...ASK, tenant: 'b' }, 0)).toEqual({ decision: 'wait' });
  });

  it('refuses what cannot make its deadline at the present pace', () => {
    const { desk, add } = trained(null);
    expect(desk.decide({ ...ASK, deadlineMs: 1050 }, 1000)).toMatchObject({ reason: 'deadline' });
    expect(desk.decide({ ...ASK, deadlineMs: 1200 }, 1000)).toEqual({ decision: 'run' });
    add('a', 12);
    expect(desk.decide({ ...ASK, deadlineMs: 1200 }, 1000)).toMatchObject({ reason: 'deadline' });
    expect(desk.decide({ ...ASK, tenant: 'b', deadlineMs: 1200 }, 1000)).toEqual({ decision: 'wait' });
  });

  it('learns from waits that took longer than it had thought', () => {
    const { desk, add } = trained(1000);
    add('a', 9);
    const before = desk.figures();
    for (let handle = 6; handle < 11; handle++) desk.started(handle, 10_000);
    add('a', 5);
    expect(before.refused['tenant-delay']).toBe(0);
    expect(desk.decide(ASK, 0)).toMatchObject({ decision: 'refuse' });
  });
});

describe('pace', () => {
  it('takes the rate only of time in which requests waited', () => {
    const pace = new Pace();
    for (let ms = 0; ms <= 2000; ms += 100) pace.worked(10, false, ms);
    expect(pace.workPerMs).toBeNull();
    for (let ms = 2100; ms <= 3000; ms += 100) pace.worked(50, true, ms);
    expect(pace.workPerMs).toBeCloseTo(0.5, 9);
    // A pause is not counted, nor what came with its end.
    pace.worked(1e6, true, 60_000);
    for (let ms = 60_100; ms <= 61_000; ms += 100) pace.worked(50, true, ms);
    expect(pace.workPerMs).toBeCloseTo(0.5, 9);
  });

  it('expects of a request what others of late used of their limits', () => {
    const pace = new Pace();
    const demand = { promptTokens: 100, choices: 2, maxTokens: 40 };
    expect(pace.estimateServiceMs(demand)).toBeNull();
    pace.served({ demand, completionTokens: 42, prefillMs: 50, decodeMs: 200 });
    expect(pace.expectedTokens(40)).toBe(21);
    expect(pace.estimateServiceMs(demand)).toBeCloseTo(50 + 20 * 10, 9);
  });
});

describe('work ahead', () => {
  const backlogs = new Map([
    ['much', { weight: 1, waiting: 10, work: 1000 }],
    ['little', { weight: 1, waiting: 1, work: 50 }],
    ['heavy', { weight: 2, waiting: 4, work: 400 }],
  ]);
  it('counts of others what is shared out meanwhile, or all of it in order of arrival', () => {
    expect(workAhead(backlogs, 'little', 1, 'fair')).toEqual({ own: 50, total: 50 + 50 + 100 });
    expect(workAhead(backlogs, 'much', 1, 'fair')).toEqual({ own: 1000, total: 1450 });
    expect(workAhead(backlogs, 'heavy', 2, 'fair')).toEqual({ own: 400, total: 400 + 200 + 50 });
    expect(workAhead(backlogs, 'new', 1, 'fair')).toEqual({ own: 0, total: 0 });
    expect(workAhead(backlogs, 'new', 1, 'arrival')).toEqual({ own: 0, total: 1450 });
  });
});
