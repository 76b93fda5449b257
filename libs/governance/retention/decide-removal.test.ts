import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideDatasetRemoval, decideRunRemoval, decideSuiteRemoval } from './decide-removal.ts';

const FREE = { isOpen: false, changes: [], protects: [], overrides: [], compatibility: [] };

it('an ended run that nothing rests on goes', () => {
  expect(decideRunRemoval(FREE)).toEqual({ outcome: 'remove' });
});

it('a run that something rests on stays, and says what that is', () => {
  expect(decideRunRemoval({ ...FREE, changes: [7, 9] })).toEqual({ outcome: 'keep', reason: 'evidence-of-change', names: ['7', '9'] });
  expect(decideRunRemoval({ ...FREE, protects: ['toy 3/5'] })).toEqual({ outcome: 'keep', reason: 'evidence-of-protection', names: ['toy 3/5'] });
  expect(decideRunRemoval({ ...FREE, overrides: ['toy'] })).toEqual({ outcome: 'keep', reason: 'evidence-of-override', names: ['toy'] });
  expect(decideRunRemoval({ ...FREE, compatibility: ['toy'] })).toEqual({ outcome: 'keep', reason: 'evidence-of-compatibility', names: ['toy'] });
});

it('an open run never goes, and of no run that stays nothing is left unnamed', () => {
  const facts = fc.record({ isOpen: fc.boolean(), changes: fc.array(fc.nat()), protects: fc.array(fc.string()), overrides: fc.array(fc.string()), compatibility: fc.array(fc.string()) });
  fc.assert(
    fc.property(facts, (given) => {
      const decision = decideRunRemoval(given);
      const isFree = !given.isOpen && given.changes.length + given.protects.length + given.overrides.length + given.compatibility.length === 0;
      expect(decision.outcome).toBe(isFree ? 'remove' : 'keep');
      if (decision.outcome === 'keep' && decision.reason !== 'open') expect(decision.names).not.toEqual([]);
      if (given.isOpen) expect(decision).toMatchObject({ reason: 'open' });
    }),
  );
});

it('a suite goes once it has no runs, a dataset once it has no suites', () => {
  expect(decideSuiteRemoval({ runs: 0, openRuns: 0 })).toEqual({ outcome: 'remove' });
  expect(decideSuiteRemoval({ runs: 3, openRuns: 1 })).toEqual({ outcome: 'keep', reason: 'open-runs', names: ['1'] });
  expect(decideSuiteRemoval({ runs: 3, openRuns: 0 })).toEqual({ outcome: 'keep', reason: 'runs', names: ['3'] });
  expect(decideDatasetRemoval({ suites: [] })).toEqual({ outcome: 'remove' });
  expect(decideDatasetRemoval({ suites: ['held-out'] })).toEqual({ outcome: 'keep', reason: 'suites', names: ['held-out'] });
});
