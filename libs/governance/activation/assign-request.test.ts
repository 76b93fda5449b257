import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Canary, type CanaryScope } from './activation-state.ts';
import { type Assignment, assignRequest, drawOf, type RequestFacts } from './assign-request.ts';

const NO_LABELS = { tenant: '', task: '', language: '' };
const request = (fields: Partial<RequestFacts> = {}): RequestFacts => ({ requestId: 'r', key: 'k', session: null, labels: NO_LABELS, sliceShare: null, ...fields });
const canary = (share: number, fields: Partial<Canary> = {}): Canary => ({ releaseId: 'b', share, stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: 'salt', ...fields });
const assign = (one: Canary | null, facts: RequestFacts): Assignment => assignRequest({ canary: one }, facts);

describe('assignRequest', () => {
  it('gives a canary the share it asks for, within what chance allows', () => {
    const requests = 20_000;
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      let taken = 0;
      for (let at = 0; at < requests; at += 1) if (assign(canary(share), request({ key: `key:${at}` })).role === 'canary') taken += 1;
      // Five standard deviations of a binomial count: a fair draw is outside once in 1.7 million.
      expect(Math.abs(taken - requests * share)).toBeLessThan(5 * Math.sqrt(requests * share * (1 - share)));
    }
  });

  it('keeps a caller on one side, and keeps it there as the share grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (key, salt, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const at = (share: number, requestId: string): string => assign(canary(share, { salt }), request({ key, requestId })).role;
        expect(at(low, 'first')).toBe(at(low, 'second'));
        if (at(low, 'first') === 'canary') expect(at(high, 'third')).toBe('canary');
        expect(at(1, 'x')).toBe('canary');
        expect(at(0, 'x')).toBe('stable');
      }),
    );
  });

  it('sticks to the session where asked to, and to nothing without one', () => {
    const bySession = canary(0.5, { stickyBy: 'session' });
    const keys = Array.from({ length: 200 }, (_, at) => String(at));
    expect(new Set(keys.map((key) => assign(bySession, request({ session: 's', key, requestId: key })).role)).size).toBe(1);
    expect(new Set(keys.map((requestId) => assign(bySession, request({ requestId })).role)).size).toBe(2);
    expect(new Set(keys.map((requestId) => assign(canary(0.5, { stickyBy: 'request' }), request({ session: 's', requestId })).role)).size).toBe(2);
  });

  it('draws anew with each salt', () => {
    const keys = Array.from({ length: 64 }, (_, at) => `key:${at}`);
    const sides = (salt: string): string => keys.map((key) => assign(canary(0.5, { salt }), request({ key })).role).join();
    expect(sides('one')).not.toBe(sides('two'));
  });

  it('keeps out of the canary whatever its segment does not name', () => {
    const label = fc.constantFrom('', 'x', 'y');
    const labels = fc.record({ tenant: label, task: label, language: label });
    fc.assert(
      fc.property(labels, labels, (wanted, given) => {
        const scope: CanaryScope = { segment: wanted, routeSlice: null };
        const matches = (['tenant', 'task', 'language'] as const).every((name) => wanted[name] === '' || wanted[name] === given[name]);
        const expected: Assignment = matches ? { role: 'canary', reason: 'drawn' } : { role: 'stable', reason: 'outside-segment' };
        expect(assign(canary(1, { scope }), request({ labels: given }))).toEqual(expected);
      }),
    );
  });

  it('asks for the route slice only of requests that are drawn', () => {
    const scope: CanaryScope = { segment: null, routeSlice: { experts: ['expert/0/1'], minShare: 0.25 } };
    expect(assign(canary(0, { scope }), request())).toEqual({ role: 'stable', reason: 'not-drawn' });
    expect(assign(canary(1, { scope }), request())).toEqual({ role: 'stable', reason: 'slice-unknown' });
    expect(assign(canary(1, { scope }), request({ sliceShare: 0.24 }))).toEqual({ role: 'stable', reason: 'outside-slice' });
    expect(assign(canary(1, { scope }), request({ sliceShare: 0.25 }))).toEqual({ role: 'canary', reason: 'drawn-in-slice' });
    expect(assign(null, request())).toEqual({ role: 'stable', reason: 'no-canary' });
  });

  it('draws by the first 48 bits of SHA-256', () => {
    // Digits from another implementation: Python's hashlib.
    expect(drawOf('salt', 'key')).toBe(0x6e5d6c6f47d1 / 2 ** 48);
  });
});
