import { describe, expect, it } from 'vitest';
import { type AdmissionLimits, type AdmissionState, checkRequest, decideAdmission, tokenBudget } from './admission.ts';
import { decideRestart } from './restart-policy.ts';
import { plainRequest } from './testing/collect.ts';

const limits: AdmissionLimits = { maxSequences: 4, maxQueued: 2, maxTenantQueued: 2, queueTargetMs: null };
const IDLE: AdmissionState = { sequences: 0, running: 0, waiting: 0, tenantWaiting: 0, meanServiceMs: null, waitMs: null, ownWaitMs: null, serviceMs: null, leftMs: null };
const FULL: AdmissionState = { ...IDLE, sequences: 4, running: 4 };

describe('admission', () => {
  it('runs what fits, lets the rest wait, and sends away what exceeds the queue', () => {
    expect(decideAdmission(IDLE, 4, limits)).toEqual({ decision: 'run' });
    expect(decideAdmission({ ...IDLE, sequences: 3, running: 3 }, 2, limits)).toEqual({ decision: 'wait' });
    expect(decideAdmission({ ...IDLE, sequences: 1, running: 0, waiting: 1 }, 1, limits)).toEqual({ decision: 'wait' });
    expect(decideAdmission({ ...FULL, sequences: 6, waiting: 2 }, 1, limits)).toEqual({ decision: 'refuse', reason: 'queue-full', retryAfterSeconds: 1 });
  });

  it('estimates the wait from the pace of the requests ahead', () => {
    const state = { ...FULL, sequences: 6, waiting: 2, meanServiceMs: 10_000 };
    expect(decideAdmission(state, 1, limits)).toMatchObject({ reason: 'queue-full', retryAfterSeconds: Math.ceil((3 * 10) / 4) });
    expect(decideAdmission({ ...state, meanServiceMs: 1e9 }, 1, limits)).toMatchObject({ retryAfterSeconds: 600 });
    expect(decideAdmission({ ...state, waitMs: 2500 }, 1, limits)).toMatchObject({ retryAfterSeconds: 3 });
  });

  it('refuses a tenant that holds its part of the queue, and nobody else', () => {
    const parted = { ...limits, maxTenantQueued: 1 };
    expect(decideAdmission({ ...FULL, waiting: 1, tenantWaiting: 1 }, 1, parted)).toMatchObject({ reason: 'tenant-queue' });
    expect(decideAdmission({ ...FULL, waiting: 1, tenantWaiting: 0 }, 1, parted)).toEqual({ decision: 'wait' });
  });

  it('refuses what would wait too long, says whose doing it is and when the wait is short enough again', () => {
    const target = { ...limits, queueTargetMs: 1000 };
    const waits = (waitMs: number, ownWaitMs: number) => decideAdmission({ ...FULL, waiting: 1, waitMs, ownWaitMs }, 1, target);
    expect(waits(1000, 0)).toEqual({ decision: 'wait' });
    expect(waits(4500, 1000)).toEqual({ decision: 'refuse', reason: 'queue-delay', retryAfterSeconds: 4 });
    expect(waits(4500, 4000)).toMatchObject({ reason: 'tenant-delay' });
    // A further prompt of a request that has begun: refusing it would throw the others' work away.
    expect(decideAdmission({ ...FULL, waiting: 1, waitMs: 4500 }, 1, target, true)).toEqual({ decision: 'wait' });
  });

  it('begins nothing that would end after its deadline', () => {
    const slow = { ...IDLE, serviceMs: 500, waitMs: 700 };
    expect(decideAdmission({ ...slow, leftMs: 500 }, 1, limits)).toEqual({ decision: 'run' });
    expect(decideAdmission({ ...slow, leftMs: 499 }, 1, limits)).toMatchObject({ reason: 'deadline', retryAfterSeconds: 1 });
    expect(decideAdmission({ ...FULL, serviceMs: 500, waitMs: 700, leftMs: 1199 }, 1, limits)).toMatchObject({ reason: 'deadline' });
    expect(decideAdmission({ ...FULL, serviceMs: 500, waitMs: 700, leftMs: 1200 }, 1, limits)).toEqual({ decision: 'wait' });
    expect(decideAdmission({ ...IDLE, leftMs: 0 }, 1, limits)).toMatchObject({ reason: 'deadline' });
  });

  it('refuses requests that can never run, naming the field', () => {
    const shape = { vocabSize: 100, contextTokens: 8, layers: 2, experts: 4 };
    const check = (change: Parameters<typeof plainRequest>[0]) => () => checkRequest(plainRequest(change), shape, limits);
    expect(check({ promptTokens: Uint32Array.of(1) })).not.toThrow();
    expect(check({ promptTokens: new Uint32Array(0) })).toThrow(/no tokens/);
    expect(check({ promptTokens: new Uint32Array(9) })).toThrow(/9 tokens.*holds 8/);
    expect(check({ promptTokens: Uint32Array.of(100) })).toThrow(/token id 100/);
    expect(check({ choices: 5 })).toThrow(/n is 5/);
    expect(check({ expertMask: { wordsPerLayer: 1, words: Uint32Array.of(0b0111, 0) } })).not.toThrow();
    expect(check({ expertMask: { wordsPerLayer: 1, words: Uint32Array.of(0b1111, 0) } })).toThrow(/no expert in layer 0/);
    expect(check({ expertMask: { wordsPerLayer: 1, words: Uint32Array.of(1) } })).toThrow(/make it from the release/);
  });

  it('clips tokens to the context', () => {
    expect(tokenBudget(10, 3, 8)).toBe(6);
    expect(tokenBudget(2, 3, 8)).toBe(2);
    expect(tokenBudget(2, 8, 8)).toBe(1);
  });
});

describe('restart policy', () => {
  it('restarts a bounded number of times within the window', () => {
    const policy = { maxRestarts: 2, windowMs: 1000 };
    expect(decideRestart([0, 10], 10, policy)).toEqual({ decision: 'restart' });
    expect(decideRestart([0, 10, 20], 20, policy).decision).toBe('give-up');
    expect(decideRestart([0, 10, 2000], 2000, policy)).toEqual({ decision: 'restart' });
  });
});
