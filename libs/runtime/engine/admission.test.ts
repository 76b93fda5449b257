import { describe, expect, it } from 'vitest';
import { checkRequest, decideAdmission, tokenBudget } from './admission.ts';
import { decideRestart } from './restart-policy.ts';
import { plainRequest } from './testing/collect.ts';

const limits = { maxSequences: 4, maxQueued: 2 };

describe('admission', () => {
  it('runs what fits, lets the rest wait, and sends away what exceeds the queue', () => {
    const state = { sequences: 0, running: 0, waiting: 0, meanServiceMs: null };
    expect(decideAdmission(state, 4, limits)).toEqual({ decision: 'run' });
    expect(decideAdmission({ ...state, sequences: 3, running: 3 }, 2, limits)).toEqual({ decision: 'wait' });
    expect(decideAdmission({ ...state, sequences: 1, running: 0, waiting: 1 }, 1, limits)).toEqual({ decision: 'wait' });
    expect(decideAdmission({ ...state, sequences: 6, running: 4, waiting: 2 }, 1, limits)).toEqual({ decision: 'busy', retryAfterSeconds: 1 });
  });

  it('estimates the wait from the pace of the requests ahead', () => {
    const state = { sequences: 6, running: 4, waiting: 2, meanServiceMs: 10_000 };
    expect(decideAdmission(state, 1, limits)).toEqual({ decision: 'busy', retryAfterSeconds: Math.ceil((3 * 10) / 4) });
    expect(decideAdmission({ ...state, meanServiceMs: 1e9 }, 1, limits)).toEqual({ decision: 'busy', retryAfterSeconds: 600 });
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
