import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CompatibilityRecord, type CompatibilityVerdict, decideCompatibility } from './decide-compatibility.ts';

const [R, E, OTHER] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
const record = (verdict: CompatibilityVerdict, atMs: number, pair: Partial<CompatibilityRecord> = {}): CompatibilityRecord => ({ routerSet: R, expertSet: E, verdict, evidence: 'x', atMs, by: 'system', ...pair });

it('allows nothing that nobody has vouched for', () => {
  expect(decideCompatibility([], R, E)).toEqual({ allowed: false, reason: 'no-record' });
  const near = [record('evaluated', 1, { routerSet: OTHER }), record('evaluated', 1, { expertSet: OTHER })];
  expect(decideCompatibility(near, R, E)).toEqual({ allowed: false, reason: 'no-record' });
});

it('lets the newest record decide, and at the same time the one that forbids', () => {
  const { reason } = decideCompatibility([record('trained-together', 1), record('incompatible', 2)], R, E);
  expect(reason).toBe('incompatible');
  expect(decideCompatibility([record('incompatible', 2), record('evaluated', 3)], R, E)).toEqual({ allowed: true, reason: 'evaluated' });
  expect(decideCompatibility([record('incompatible', 2), record('evaluated', 2)], R, E).allowed).toBe(false);
  expect(decideCompatibility([record('evaluated', 2), record('incompatible', 2)], R, E).allowed).toBe(false);
});

it('knows a pair that has answered, unless a record forbids it', () => {
  const known = [{ routerSet: R, expertSet: E }];
  expect(decideCompatibility([], R, E, known)).toEqual({ allowed: true, reason: 'same-release-known' });
  expect(decideCompatibility([record('incompatible', 1)], R, E, known)).toEqual({ allowed: false, reason: 'incompatible' });
  expect(decideCompatibility([], R, OTHER, known).allowed).toBe(false);
});

it('does not depend on the order of the records', () => {
  const verdict = fc.constantFrom<CompatibilityVerdict>('trained-together', 'evaluated', 'incompatible');
  const records = fc.array(fc.tuple(verdict, fc.nat(5)), { maxLength: 12 }).map((all) => all.map(([one, atMs]) => record(one, atMs)));
  fc.assert(
    fc.property(records, (all) => {
      expect(decideCompatibility(all.toReversed(), R, E).allowed).toBe(decideCompatibility(all, R, E).allowed);
    }),
  );
});
