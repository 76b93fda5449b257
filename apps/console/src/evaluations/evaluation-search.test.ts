import { expect, it } from 'vitest';
import { parseEvaluations, parseStart } from './evaluation-search.ts';

const SHA = '5f'.repeat(32);

it('keeps what the API knows of an address, and drops the rest', () => {
  expect(parseEvaluations({ state: 'running', kind: 'attribution', release: SHA, suite: SHA, model: 'm' })).toEqual({ state: 'running', kind: 'attribution', release: SHA, suite: SHA });
  expect(parseEvaluations({ state: 'odd', kind: 3, release: '<script>', suite: null })).toEqual({});
});

it('fills the form from an address', () => {
  expect(parseStart({ kind: 'privacy', candidate: SHA, reference: 'x', suite: SHA })).toEqual({ kind: 'privacy', candidate: SHA, suite: SHA });
  expect(parseStart({})).toEqual({});
});
